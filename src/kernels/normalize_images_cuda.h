#pragma once

#include <cstdint>

struct CUstream_st;

namespace massface {

// bytes, values: num_values interleaved RGB pixels' channels, on the GPU of the stream. Without LibTorch's headers, so
// that nvcc reads none of them.
void normalize_images_cuda(const uint8_t* bytes, float* values, int64_t num_values, float mean, float scale, bool bgr,
                           CUstream_st* stream);

}  // namespace massface
