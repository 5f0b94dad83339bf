#pragma once

#include <cstdint>

namespace massface {

// A position in pixels: x to the right, y down; the centres of pixels are at whole numbers.
struct Point {
  double x = 0;
  double y = 0;
};

// Pixels of an image, from (left, top) up to but excluding (right, bottom).
struct PixelBox {
  int64_t left = 0, top = 0, right = 0, bottom = 0;

  int64_t width() const { return right - left; }
  int64_t height() const { return bottom - top; }
  bool empty() const { return right <= left || bottom <= top; }
  bool operator==(const PixelBox&) const = default;
};

// A rotation, a uniform scale and a shift, without mirroring: x' = a x - b y + tx, y' = b x + a y + ty.
struct SimilarityTransform {
  double a = 1, b = 0, tx = 0, ty = 0;

  Point operator()(Point p) const { return {a * p.x - b * p.y + tx, b * p.x + a * p.y + ty}; }
  double squared_scale() const { return a * a + b * b; }

  // The scale must be above 0.
  SimilarityTransform inverse() const {
    const double s = squared_scale();
    const double ia = a / s, ib = -b / s;
    return {ia, ib, -(ia * tx - ib * ty), -(ib * tx + ia * ty)};
  }
};

}  // namespace massface
