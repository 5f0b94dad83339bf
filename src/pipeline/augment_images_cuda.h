#pragma once

#include <vector>

#include "core/tensor.h"
#include "dataset/dataset.h"
#include "pipeline/augmentation.h"

// What the pipeline asks of CUDA. augment_images_cuda.cpp answers where CUDA is linked, no_cuda.cpp where it is not (a
// check() failure: a CPU build has no tensors on a GPU).
namespace massface::cuda_hooks {

// pipeline/augment_images.h, on the images' GPU.
Tensor augment_images(const Tensor& images, const std::vector<ImageIndex>& chosen,
                      const std::vector<Augmentation>& augmentations);

}  // namespace massface::cuda_hooks
