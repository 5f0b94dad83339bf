#pragma once

#include <vector>

#include "core/tensor.h"
#include "dataset/dataset.h"

namespace massface {

// The images that one step trains on. Pixels stay bytes until the model normalises them on the device. In a training of
// several processes, `images` are the share of this process (distributed/shares.h), and what is known of them is known
// of the whole batch.
struct Batch {
  Tensor images;                    // uint8 [B, H, W, 3], RGB
  Tensor labels;                    // int64 [B], identity indices of the dataset
  std::vector<ImageIndex> indices;  // [B], after replacement of unreadable images
  int64_t whole = 0;                // B, the number of images of all processes
};

}  // namespace massface
