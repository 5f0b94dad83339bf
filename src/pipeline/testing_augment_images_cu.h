#pragma once

#include "pipeline/augment_kernel.h"

namespace massface {

// augment_images_cuda() of pipeline/augment_images.cu on the testing device.
void augment_images_on_testing_device(const AugmentedBatch& batch, CUstream_st* stream);

}  // namespace massface
