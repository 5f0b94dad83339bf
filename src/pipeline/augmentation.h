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
  bool grey = false;
  // A rectangle of one colour; as parts of the image's height and width, so that it does not depend on its size.
  float erased_top = 0, erased_left = 0;
  float erased_height = 0, erased_width = 0;  // 0: nothing is erased
  uint8_t erased_color[3] = {0, 0, 0};
};

}  // namespace massface
