#pragma once

#include "image/image.h"

namespace massface {

// For tests: a smooth picture without symmetry and without a face.
inline Image smooth_photograph(int64_t height, int64_t width) {
  Image image{.height = height, .width = width};
  for (int64_t y = 0; y < height; ++y) {
    for (int64_t x = 0; x < width; ++x) {
      for (const int64_t value : {x * 255 / width, y * 255 / height, (x + 2 * y) * 85 / (width + height)}) {
        image.pixels.push_back(static_cast<uint8_t>(value));
      }
    }
  }
  return image;
}

}  // namespace massface
