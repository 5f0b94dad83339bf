#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/tensor.h"
#include "dataset/dataset.h"
#include "pipeline/sized_decoder.h"

namespace massface {

// An encoded image: a file, bytes in memory, or an image of a set.
struct ImageSource {
  std::string name;                // the file's path, or what messages call the bytes
  std::span<const uint8_t> bytes;  // must outlive the source; empty where it is a file or of a set
  bool is_file = true;
  const Dataset* dataset = nullptr;  // must outlive the source; null where it is of no set
  ImageIndex image = 0;              // in that set
};

// Decodes the images in this order on `threads` threads, without augmentation, into uint8 [N, height, width, 3]: for
// evaluation. Of several bad ones the first in order is complained of: Error where it cannot be read or is of another
// size that `other_size` does not take, BadImage where it is damaged; both name it.
Tensor load_images(const std::vector<ImageSource>& images, int64_t height, int64_t width, OtherSize other_size,
                   int64_t threads);

}  // namespace massface
