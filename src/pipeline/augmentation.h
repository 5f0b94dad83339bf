#pragma once

#include <cstdint>

// Also compiled by nvcc: C++17, and nothing but plain values.
namespace massface {

// The augmentation of one training image, applied in the order of the members.
struct Augmentation {
  int64_t shift_y = 0;  // the crop begins this many pixels below the image's first row (negative: in the padding above)
  int64_t shift_x = 0;
  bool flip = false;
  float brightness = 1;  // factors; 1 changes nothing
  float contrast = 1;
  float saturation = 1;
};

}  // namespace massface
