#pragma once

#include <cstdint>

#include "pipeline/augmentation.h"

struct CUstream_st;

namespace massface {

// The kernel's arguments, with plain pointers to memory of the stream's GPU. They pass from augment_images_cuda.cpp,
// which uses tensors, to augment_images.cu, which nvcc compiles.
struct AugmentedBatch {
  const uint8_t* images;              // [N, height, width, 3]
  const int64_t* chosen;              // [size]
  const Augmentation* augmentations;  // [size]
  uint8_t* result;                    // [size, height, width, 3]
  uint8_t* scratch;                   // [size, height, width, 3] if is_degraded() holds for one of them, else null
  int64_t size;
  int64_t height;
  int64_t width;
};

void augment_images_cuda(const AugmentedBatch& batch, CUstream_st* stream);

}  // namespace massface
