#pragma once

#include <cstdint>

#include "image/image.h"

namespace massface {

// Whole pixels of a photograph: left <= x < right, top <= y < bottom, inside it, at least one.
struct PixelBox {
  int64_t left, top, right, bottom;

  int64_t width() const { return right - left; }
  int64_t height() const { return bottom - top; }
};

// The box at another size, as the networks of MTCNN take it: out[y][x][c] = (mean - 127.5) / 128 of the box's pixels
// that output pixel (x, y) touches, from floor(x w / width) up to ceil((x + 1) w / width) (PyTorch's "area"
// interpolation). out: height * width * 3 floats.
void sample_area(const Image& photograph, const PixelBox& box, int64_t height, int64_t width, float* out);

}  // namespace massface
