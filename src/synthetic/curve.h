#pragma once

#include <cstdint>
#include <vector>

namespace massface {

// The shapes that synthetic faces are painted with. Everything is plain IEEE arithmetic in a fixed order, so the same
// strokes give the same bytes on every machine.

// A point in pixels, x to the right and y down; the centre of a pixel has integer coordinates, as the alignment
// template assumes. Its coordinates are floats, unlike those of image/geometry.h's Point: the bytes of every set drawn
// so far depend on their rounding.
struct Point2f {
  float x = 0;
  float y = 0;
};
inline Point2f operator+(Point2f a, Point2f b) { return {a.x + b.x, a.y + b.y}; }
inline Point2f operator-(Point2f a, Point2f b) { return {a.x - b.x, a.y - b.y}; }
inline Point2f operator*(float s, Point2f a) { return {s * a.x, s * a.y}; }
// Multiplies the points as complex numbers: rotates by an angle and scales by a factor.
inline Point2f multiply(Point2f a, Point2f b) { return {a.x * b.x - a.y * b.y, a.x * b.y + a.y * b.x}; }
inline Point2f conjugate(Point2f a) { return {a.x, -a.y}; }

// A curve given by its corners; it is closed when it is filled.
using Curve = std::vector<Point2f>;

// Catmull-Rom splines through the points, with eight pieces between neighbours.
Curve smooth_closed(const Curve& points);
Curve smooth_open(const Curve& points);
Curve ellipse(Point2f center, float radius_x, float radius_y, float tilt_radians = 0);
// The outline of a brush stroke along the curve. Its width goes from start through middle to end.
Curve stroke_outline(const Curve& open, float start, float middle, float end);

// Smooth noise in [0, 1): interpolates random values at integer coordinates. Each salt gives another pattern.
float value_noise(float x, float y, uint32_t salt);

}  // namespace massface
