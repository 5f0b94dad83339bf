#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/tensor.h"
#include "dataset/dataset.h"
#include "dataset/unreadable_image.h"
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

ImageSource image_source(const Dataset& dataset, ImageIndex image);

// Returns the encoded image. storage: holds the bytes unless the source does. Throws Error if they cannot be read.
std::span<const uint8_t> image_bytes(const ImageSource& source, std::vector<uint8_t>& storage);

struct LoadedImages {
  Tensor images;                            // uint8 [N, height, width, 3]; an unreadable image is all zeros
  std::vector<UnreadableImage> unreadable;  // ascending by `image`, the position in the list that was loaded
};

// Decodes the images in the given order on `threads` threads, without augmentation. An image that cannot be read or is
// damaged is listed and ends nothing. Throws Error, which names the image, for the first in order that has a size that
// `other_size` does not accept.
LoadedImages load_images(const std::vector<ImageSource>& images, int64_t height, int64_t width, OtherSize other_size,
                         int64_t threads);

}  // namespace massface
