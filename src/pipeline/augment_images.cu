#include "kernels/launch_kernel.h"
#include "pipeline/augment_kernel.h"
#include "pipeline/augment_pixel.h"

namespace massface {
namespace {

constexpr int kThreads = 256;

// Computes the mean grey of the brightened image, with all threads of a block. The sum is of integers, so it does not
// depend on the order of addition.
__device__ int64_t mean_grey(const uint8_t* image, const AugmentedBatch& batch, const Augmentation& augmentation) {
  __shared__ unsigned long long sum;
  if (threadIdx.x == 0) sum = 0;
  __syncthreads();
  unsigned long long mine = 0;
  const int64_t pixels = batch.height * batch.width;
  for (int64_t i = threadIdx.x; i < pixels; i += kThreads) {
    uint8_t rgb[3];
    brightened_pixel(image, batch.height, batch.width, augmentation, i / batch.width, i % batch.width, rgb);
    mine += static_cast<unsigned long long>(grey_of(rgb));
  }
  atomicAdd(&sum, mine);
  __syncthreads();
  return mean_of_grey(static_cast<int64_t>(sum), pixels);
}

// One block per image of the batch.
__global__ void augment_batch(AugmentedBatch batch) {
  const int64_t pixels = batch.height * batch.width;
  const uint8_t* image = batch.images + batch.chosen[blockIdx.x] * pixels * 3;
  uint8_t* result = batch.result + static_cast<int64_t>(blockIdx.x) * pixels * 3;
  const Augmentation augmentation = batch.augmentations[blockIdx.x];
  const int64_t mean = augmentation.contrast == 1 ? 0 : mean_grey(image, batch, augmentation);
  for (int64_t i = threadIdx.x; i < pixels; i += kThreads) {
    augmented_pixel(image, batch.height, batch.width, augmentation, mean, i / batch.width, i % batch.width,
                    result + i * 3);
  }
}

}  // namespace

void augment_images_cuda(const AugmentedBatch& batch, CUstream_st* stream) {
  if (batch.size == 0) return;
  launch_kernel(augment_batch, static_cast<unsigned>(batch.size), kThreads, stream, batch);
}

}  // namespace massface
