#pragma once

#include <string>

#include "dataset/dataset.h"

namespace massface {

// One image among many that could not be read, and why.
struct UnreadableImage {
  ImageIndex image = -1;  // in the data set, or its position in the list of images that were read
  std::string name;       // Dataset::image_name or a path, any bytes
  std::string reason;     // "not a JPEG, PNG or WebP (first bytes 3c 68 74 6d)"
};

// "faces/ada/1.jpg: empty (0 bytes)", printable. The name appears only once, even if the reason contains it.
std::string to_line(const UnreadableImage& image);

}  // namespace massface
