#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/tensor.h"
#include "dataset/dataset.h"
#include "pipeline/sized_decoder.h"

namespace massface {

// An encoded image: a file, bytes in memory, or an image of a dataset.
struct ImageSource {
  std::string name;                // the file's path, or the name of the bytes in messages
  std::span<const uint8_t> bytes;  // must outlive the source; empty for a file or an image of a dataset
  bool is_file = true;
  const Dataset* dataset = nullptr;  // must outlive the source; null if the image is not of a dataset
  ImageIndex image = 0;              // in that dataset
};

// Decodes the images in the given order on `threads` threads, without augmentation, into uint8 [N, height, width, 3].
// For evaluation. If several images are bad, the error is that of the first in order: Error if the image cannot be read
// or has a size that `other_size` does not accept, BadImage if it is damaged. Both name the image.
Tensor load_images(const std::vector<ImageSource>& images, int64_t height, int64_t width, OtherSize other_size,
                   int64_t threads);

}  // namespace massface
