#pragma once

#include <cstdint>
#include <vector>

namespace massface {

// The shapes that synthetic faces are painted with. Everything is plain IEEE arithmetic in a fixed order, so the same
// strokes give the same bytes on every machine.

// In pixels, x to the right and y down; a pixel's centre has whole coordinates, as the alignment template assumes.
// Floats, unlike image/geometry.h's Point: the bytes of every set that was drawn depend on their rounding.
struct Point2f {
  float x = 0;
  float y = 0;
};
inline Point2f operator+(Point2f a, Point2f b) { return {a.x + b.x, a.y + b.y}; }
inline Point2f operator-(Point2f a, Point2f b) { return {a.x - b.x, a.y - b.y}; }
inline Point2f operator*(float s, Point2f a) { return {s * a.x, s * a.y}; }
// As complex numbers: a turn by one angle and a growth by one factor.
inline Point2f multiply(Point2f a, Point2f b) { return {a.x * b.x - a.y * b.y, a.x * b.y + a.y * b.x}; }
inline Point2f conjugate(Point2f a) { return {a.x, -a.y}; }

// A curve by its corners; closed where it is filled.
using Curve = std::vector<Point2f>;

// Catmull-Rom splines through the points, eight pieces between neighbours.
Curve smooth_closed(const Curve& points);
Curve smooth_open(const Curve& points);
Curve ellipse(Point2f center, float radius_x, float radius_y, float tilt_radians = 0);
// The outline of a brush along the curve whose width goes from start over middle to end.
Curve stroke_outline(const Curve& open, float start, float middle, float end);

// Smooth noise in [0, 1): random values at whole coordinates, interpolated. Another salt is another pattern.
float value_noise(float x, float y, uint32_t salt);

}  // namespace massface
