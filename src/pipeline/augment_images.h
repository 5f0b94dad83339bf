#pragma once

#include <vector>

#include "core/tensor.h"
#include "dataset/dataset.h"
#include "pipeline/augmentation.h"

namespace massface {

// Of stored images the chosen ones, each augmented by its own numbers: the bytes that pipeline/augment.h makes, on
// whatever device the images lie. images: uint8 [N, H, W, 3], contiguous. chosen: [B], in [0, N); augmentations beside
// them. Returns uint8 [B, H, W, 3] on the same device; the host does not wait for a GPU.
Tensor augment_images(const Tensor& images, const std::vector<ImageIndex>& chosen,
                      const std::vector<Augmentation>& augmentations);

}  // namespace massface
