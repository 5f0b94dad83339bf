#pragma once

#include <cstdint>

#include "core/random.h"  // MASSFACE_HOST_DEVICE
#include "pipeline/augmentation.h"

// The arithmetic of augmentation, one pixel at a time. pipeline/augment.cpp applies it to a whole image in place; on a
// GPU, each thread computes its own pixel from the stored image. Also compiled by nvcc (C++17), which must not contract
// products and sums (--fmad=false), so that the bytes are the same.
namespace massface {

// Rounds to the nearest integer and clamps to [0, 255].
MASSFACE_HOST_DEVICE inline uint8_t to_level(float value) {
  const float rounded = value + 0.5f;
  return static_cast<uint8_t>(rounded < 0.0f ? 0.0f : rounded > 255.0f ? 255.0f : rounded);
}

// 0.299 R + 0.587 G + 0.114 B, with the weights in units of 2^-16. The result is an integer, so a sum does not depend
// on the order of addition.
MASSFACE_HOST_DEVICE inline int64_t grey_of(const uint8_t* pixel) {
  return (int64_t{19595} * pixel[0] + int64_t{38470} * pixel[1] + int64_t{7471} * pixel[2] + 32768) >> 16;
}

MASSFACE_HOST_DEVICE inline int64_t mean_of_grey(int64_t sum, int64_t pixels) { return (sum + pixels / 2) / pixels; }

// Returns center + factor * (level - center), rounded and clamped to [0, 255].
MASSFACE_HOST_DEVICE inline uint8_t level_around(int64_t center, uint8_t level, float factor) {
  const auto distance = static_cast<float>(static_cast<int64_t>(level) - center);
  return to_level(static_cast<float>(center) + distance * factor);
}

MASSFACE_HOST_DEVICE inline int64_t nearest_place(int64_t place, int64_t size) {
  return place < 0 ? 0 : place >= size ? size - 1 : place;
}

// Computes pixel (y, x) after shift, flip and brightness. Contrast uses the mean grey of these pixels. image: HWC.
MASSFACE_HOST_DEVICE inline void brightened_pixel(const uint8_t* image, int64_t height, int64_t width,
                                                  const Augmentation& a, int64_t y, int64_t x, uint8_t* rgb) {
  const int64_t row = nearest_place(y + a.shift_y, height);
  const int64_t column = nearest_place((a.flip ? width - 1 - x : x) + a.shift_x, width);
  const uint8_t* from = image + (row * width + column) * 3;
  for (int c = 0; c < 3; ++c) rgb[c] = a.brightness == 1 ? from[c] : level_around(0, from[c], a.brightness);
}

// The erased rectangle in pixels, [top, bottom) x [left, right).
struct ErasedRectangle {
  int64_t top, left, bottom, right;

  MASSFACE_HOST_DEVICE bool holds(int64_t y, int64_t x) const {
    return y >= top && y < bottom && x >= left && x < right;
  }
};

MASSFACE_HOST_DEVICE inline ErasedRectangle erased_rectangle(const Augmentation& a, int64_t height, int64_t width) {
  const auto rows = static_cast<float>(height), columns = static_cast<float>(width);
  const auto top = static_cast<int64_t>(a.erased_top * rows), left = static_cast<int64_t>(a.erased_left * columns);
  return {top, left, top + static_cast<int64_t>(a.erased_height * rows),
          left + static_cast<int64_t>(a.erased_width * columns)};
}

// Erases pixel (y, x), rgb, if it is in the rectangle.
MASSFACE_HOST_DEVICE inline void erase_pixel(const Augmentation& a, int64_t height, int64_t width, int64_t y, int64_t x,
                                             uint8_t* rgb) {
  if (!erased_rectangle(a, height, width).holds(y, x)) return;
  for (int c = 0; c < 3; ++c) rgb[c] = a.erased_color[c];
}

// Computes pixel (y, x) after all operations on its colours. mean_grey: that of the brightened image; used only if
// contrast is not 1.
MASSFACE_HOST_DEVICE inline void coloured_pixel(const uint8_t* image, int64_t height, int64_t width,
                                                const Augmentation& a, int64_t mean_grey, int64_t y, int64_t x,
                                                uint8_t* rgb) {
  brightened_pixel(image, height, width, a, y, x, rgb);
  if (a.contrast != 1) {
    for (int c = 0; c < 3; ++c) rgb[c] = level_around(mean_grey, rgb[c], a.contrast);
  }
  if (a.saturation != 1) {
    const int64_t grey = grey_of(rgb);
    for (int c = 0; c < 3; ++c) rgb[c] = level_around(grey, rgb[c], a.saturation);
  }
  if (a.grey) rgb[0] = rgb[1] = rgb[2] = static_cast<uint8_t>(grey_of(rgb));
}

}  // namespace massface
