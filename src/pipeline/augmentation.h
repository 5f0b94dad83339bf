#pragma once

#include <cstdint>

// Read by nvcc too: C++17, and nothing but plain values.
namespace massface {

// What is done to one training image, in this order.
struct Augmentation {
  int64_t shift_y = 0;  // the crop begins so many pixels below the image's first row (negative: in the padding above)
  int64_t shift_x = 0;
  bool flip = false;
  float brightness = 1;  // factors; 1 changes nothing
  float contrast = 1;
  float saturation = 1;
};

}  // namespace massface
