#pragma once

#include <vector>

#include "core/tensor.h"
#include "dataset/dataset.h"
#include "pipeline/augmentation.h"

namespace massface {

// Augments the chosen ones of the stored images, each by its own numbers. The bytes are those of pipeline/augment.h,
// whatever device the images are on. images: uint8 [N, H, W, 3], contiguous. chosen: [B], in [0, N). augmentations:
// [B], one per chosen image. Returns uint8 [B, H, W, 3] on the same device; the host does not wait for a GPU.
Tensor augment_images(const Tensor& images, const std::vector<ImageIndex>& chosen,
                      const std::vector<Augmentation>& augmentations);

}  // namespace massface
