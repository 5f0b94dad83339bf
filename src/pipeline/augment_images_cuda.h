#pragma once

#include <vector>

#include "core/tensor.h"
#include "dataset/dataset.h"
#include "pipeline/augmentation.h"

// The pipeline's CUDA functions. augment_images_cuda.cpp implements them in builds with CUDA; in other builds the
// functions of no_cuda.cpp fail a check(), since a CPU build has no tensors on a GPU.
namespace massface::cuda_hooks {

// augment_images() of pipeline/augment_images.h, on the GPU that holds the images.
Tensor augment_images(const Tensor& images, const std::vector<ImageIndex>& chosen,
                      const std::vector<Augmentation>& augmentations);

}  // namespace massface::cuda_hooks
