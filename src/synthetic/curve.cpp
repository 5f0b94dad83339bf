#include "synthetic/curve.h"

#include <algorithm>
#include <cmath>

namespace massface {
namespace {

constexpr int kPiecesPerSegment = 8;

Point2f catmull_rom(Point2f a, Point2f b, Point2f c, Point2f d, float t) {
  const float t2 = t * t;
  const float t3 = t2 * t;
  return 0.5f * (2 * b + t * (c - a) + t2 * (2 * a - 5 * b + 4 * c - d) + t3 * (3 * b - a - 3 * c + d));
}

float lattice(int32_t x, int32_t y, uint32_t salt) {
  uint32_t h = static_cast<uint32_t>(x) * 0x9E3779B1u ^ static_cast<uint32_t>(y) * 0x85EBCA77u ^ salt * 0xC2B2AE3Du;
  h = (h ^ (h >> 15)) * 0x2C1B3C6Du;
  h = (h ^ (h >> 12)) * 0x297A2D39u;
  return static_cast<float>((h ^ (h >> 15)) >> 8) * 0x1p-24f;
}

}  // namespace

Curve smooth_closed(const Curve& points) {
  const size_t n = points.size();
  Curve curve;
  for (size_t i = 0; i < n; ++i) {
    for (int k = 0; k < kPiecesPerSegment; ++k) {
      curve.push_back(catmull_rom(points[(i + n - 1) % n], points[i], points[(i + 1) % n], points[(i + 2) % n],
                                  static_cast<float>(k) / kPiecesPerSegment));
    }
  }
  return curve;
}

Curve smooth_open(const Curve& points) {
  const size_t n = points.size();
  Curve curve;
  for (size_t i = 0; i + 1 < n; ++i) {
    for (int k = 0; k < kPiecesPerSegment; ++k) {
      curve.push_back(catmull_rom(points[i == 0 ? 0 : i - 1], points[i], points[i + 1], points[std::min(i + 2, n - 1)],
                                  static_cast<float>(k) / kPiecesPerSegment));
    }
  }
  curve.push_back(points.back());
  return curve;
}

Curve ellipse(Point2f center, float radius_x, float radius_y, float tilt_radians) {
  constexpr int kCorners = 40;
  const float c = std::cos(tilt_radians);
  const float s = std::sin(tilt_radians);
  Curve curve;
  for (int i = 0; i < kCorners; ++i) {
    const float angle = 6.2831853f * static_cast<float>(i) / kCorners;
    const float x = radius_x * std::cos(angle);
    const float y = radius_y * std::sin(angle);
    curve.push_back(center + Point2f{c * x - s * y, s * x + c * y});
  }
  return curve;
}

Curve stroke_outline(const Curve& open, float start, float middle, float end) {
  Curve outline = open;
  const size_t n = open.size();
  std::vector<Point2f> offset(n);
  for (size_t i = 0; i < n; ++i) {
    const Point2f along = open[std::min(i + 1, n - 1)] - open[i == 0 ? 0 : i - 1];
    const float length = std::max(std::sqrt(along.x * along.x + along.y * along.y), 1e-6f);
    const float t = 2 * static_cast<float>(i) / static_cast<float>(n - 1);
    const float width = t < 1 ? start + t * (middle - start) : middle + (t - 1) * (end - middle);
    offset[i] = 0.5f * width / length * Point2f{-along.y, along.x};
    outline[i] = open[i] + offset[i];
  }
  for (size_t i = n; i-- > 0;) outline.push_back(open[i] - offset[i]);
  return outline;
}

float value_noise(float x, float y, uint32_t salt) {
  const float fx = std::floor(x);
  const float fy = std::floor(y);
  const auto ix = static_cast<int32_t>(fx);
  const auto iy = static_cast<int32_t>(fy);
  const auto ease = [](float t) { return t * t * (3 - 2 * t); };
  const float tx = ease(x - fx);
  const float ty = ease(y - fy);
  const float top = lattice(ix, iy, salt) * (1 - tx) + lattice(ix + 1, iy, salt) * tx;
  const float bottom = lattice(ix, iy + 1, salt) * (1 - tx) + lattice(ix + 1, iy + 1, salt) * tx;
  return top * (1 - ty) + bottom * ty;
}

}  // namespace massface
