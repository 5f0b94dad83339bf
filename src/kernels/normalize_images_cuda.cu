#include <algorithm>
#include <cstdint>

#include "kernels/launch_kernel.h"
#include "kernels/normalize_images_cuda.h"

namespace massface {
namespace {

__global__ void normalize(const uint8_t* __restrict__ bytes, float* __restrict__ values, int64_t num_values, float mean,
                          float scale, bool bgr) {
  const int64_t stride = static_cast<int64_t>(gridDim.x) * blockDim.x;
  for (int64_t i = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < num_values; i += stride) {
    const int64_t channel = i % 3;
    const int64_t source = bgr ? i - channel + 2 - channel : i;
    values[i] = (static_cast<float>(bytes[source]) - mean) / scale;
  }
}

}  // namespace

void normalize_images_cuda(const uint8_t* bytes, float* values, int64_t num_values, float mean, float scale, bool bgr,
                           CUstream_st* stream) {
  if (num_values == 0) return;
  constexpr int kThreads = 256;
  constexpr int64_t kMaxBlocks = 4096;
  const int64_t blocks = std::min((num_values + kThreads - 1) / kThreads, kMaxBlocks);
  launch_kernel(normalize, static_cast<unsigned>(blocks), kThreads, stream, bytes, values, num_values, mean, scale,
                bgr);
}

}  // namespace massface
