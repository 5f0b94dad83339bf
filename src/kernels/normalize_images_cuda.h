#pragma once

#include <cstdint>

struct CUstream_st;

namespace massface {

// bytes, values: num_values interleaved channels of RGB pixels, on the GPU of the stream. This header includes none of
// LibTorch, so that nvcc does not read its headers.
void normalize_images_cuda(const uint8_t* bytes, float* values, int64_t num_values, float mean, float scale, bool bgr,
                           CUstream_st* stream);

}  // namespace massface
