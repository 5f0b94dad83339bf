#pragma once

#include <cstdint>

struct CUstream_st;

namespace massface {

// normalize_images_cuda() of kernels/normalize_images_cuda.cu on the testing device.
void normalize_images_on_testing_device(const uint8_t* bytes, float* values, int64_t num_values, float mean,
                                        float scale, bool bgr, CUstream_st* stream);

}  // namespace massface
