#pragma once

#include <cstdint>

// Also compiled by nvcc: C++17, and nothing but plain values.
namespace massface {

constexpr int kBlurRadius = 6;

// The augmentation of one training image, applied in the order of the members.
struct Augmentation {
  int64_t shift_y = 0;  // the crop begins this many pixels below the image's first row (negative: in the padding above)
  int64_t shift_x = 0;
  bool flip = false;
  float brightness = 1;  // factors; 1 changes nothing
  float contrast = 1;
  float saturation = 1;
  bool grey = false;
  // The weights of a blur's middle pixel and of the pixels 1, 2, ... away from it, along one axis, in units of 2^-16:
  // blur_weights[0] + 2 (blur_weights[1] + ...) is 2^16. All 0: no blur.
  int32_t blur_weights[kBlurRadius + 1] = {};
  float shrink = 1;          // the image is reduced by this factor and enlarged again; 1: not
  int32_t jpeg_quality = 0;  // 1 to 100; 0: no loss by JPEG
  // A rectangle of one colour; as parts of the image's height and width, so that it does not depend on its size.
  float erased_top = 0, erased_left = 0;
  float erased_height = 0, erased_width = 0;  // 0: nothing is erased
  uint8_t erased_color[3] = {0, 0, 0};
};

}  // namespace massface
