#include "kernels/launch_kernel.h"
#include "pipeline/augment_kernel.h"
#include "pipeline/augment_pixel.h"
#include "pipeline/degrade_pixel.h"
#include "pipeline/jpeg_loss.h"

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

// The operations of pipeline/degrade.h on one image, with all threads of a block. All threads
// must have written their pixels before; the result is in `image`, complete for all of them.
__device__ void degrade(uint8_t* image, uint8_t* scratch, const AugmentedBatch& batch, const Augmentation& a) {
  const int64_t height = batch.height, width = batch.width, pixels = height * width;
  if (is_blurred(a)) {
    for (int64_t i = threadIdx.x; i < pixels; i += kThreads) {
      blurred_pixel({image + i / width * width * 3, width, 3}, i % width, a, scratch + i * 3);
    }
    __syncthreads();
    for (int64_t i = threadIdx.x; i < pixels; i += kThreads) {
      blurred_pixel({scratch + i % width * 3, height, width * 3}, i / width, a, image + i * 3);
    }
    __syncthreads();
  }
  if (a.shrink > 1) {
    const int64_t rows = shrunk_size(height, a.shrink), columns = shrunk_size(width, a.shrink);
    for (int64_t i = threadIdx.x; i < rows * columns; i += kThreads) {
      reduced_pixel(image, height, width, rows, columns, i / columns, i % columns, scratch + i * 3);
    }
    __syncthreads();
    for (int64_t i = threadIdx.x; i < pixels; i += kThreads) {
      enlarged_pixel(scratch, rows, columns, height, width, i / width, i % width, image + i * 3);
    }
    __syncthreads();
  }
  if (a.jpeg_quality != 0) {
    const int64_t across = (width + kJpegTile - 1) / kJpegTile, down = (height + kJpegTile - 1) / kJpegTile;
    for (int64_t i = threadIdx.x; i < across * down; i += kThreads) {
      lose_in_tile(image, height, width, i / across * kJpegTile, i % across * kJpegTile, a.jpeg_quality);
    }
    __syncthreads();
  }
}

// One block per image of the batch.
__global__ void augment_batch(AugmentedBatch batch) {
  const int64_t pixels = batch.height * batch.width, bytes = pixels * 3;
  const uint8_t* image = batch.images + batch.chosen[blockIdx.x] * bytes;
  uint8_t* result = batch.result + static_cast<int64_t>(blockIdx.x) * bytes;
  const Augmentation augmentation = batch.augmentations[blockIdx.x];
  const int64_t mean = augmentation.contrast == 1 ? 0 : mean_grey(image, batch, augmentation);
  for (int64_t i = threadIdx.x; i < pixels; i += kThreads) {
    coloured_pixel(image, batch.height, batch.width, augmentation, mean, i / batch.width, i % batch.width,
                   result + i * 3);
  }
  if (is_degraded(augmentation)) {
    __syncthreads();
    degrade(result, batch.scratch + static_cast<int64_t>(blockIdx.x) * bytes, batch, augmentation);
  }
  for (int64_t i = threadIdx.x; i < pixels; i += kThreads) {
    erase_pixel(augmentation, batch.height, batch.width, i / batch.width, i % batch.width, result + i * 3);
  }
}

}  // namespace

void augment_images_cuda(const AugmentedBatch& batch, CUstream_st* stream) {
  if (batch.size == 0) return;
  launch_kernel(augment_batch, static_cast<unsigned>(batch.size), kThreads, stream, batch);
}

}  // namespace massface
