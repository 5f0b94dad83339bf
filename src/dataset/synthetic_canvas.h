#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "image/image.h"

namespace massface {

// A small software painter for the synthetic faces. Everything is plain IEEE arithmetic in a fixed order, so the same
// strokes give the same bytes on every machine.

// The canvas is square, as the aligned faces of the field are.
inline constexpr int64_t kFaceSize = 112;

// In pixels, x to the right and y down; a pixel's centre has whole coordinates, as the alignment template assumes.
// Floats, unlike image/geometry.h's Point: the bytes of every set that was drawn depend on their rounding.
struct Point2f {
  float x = 0;
  float y = 0;
};
inline Point2f operator+(Point2f a, Point2f b) { return {a.x + b.x, a.y + b.y}; }
inline Point2f operator-(Point2f a, Point2f b) { return {a.x - b.x, a.y - b.y}; }
inline Point2f operator*(float s, Point2f a) { return {s * a.x, s * a.y}; }

// Linear light, 1 is a white sheet. Display values are square roots of it (gamma 2, which needs no libm).
struct Color {
  float r = 0;
  float g = 0;
  float b = 0;
};
inline Color operator+(Color a, Color b) { return {a.r + b.r, a.g + b.g, a.b + b.b}; }
inline Color operator*(Color a, Color b) { return {a.r * b.r, a.g * b.g, a.b * b.b}; }
inline Color operator*(float s, Color a) { return {s * a.r, s * a.g, s * a.b}; }
inline Color mix(Color a, Color b, float t) { return (1 - t) * a + t * b; }
inline float luminance(Color c) { return 0.3f * c.r + 0.59f * c.g + 0.11f * c.b; }
// From display values 0 to 255.
Color display_color(float r, float g, float b);

// A curve by its corners; closed where it is filled.
using Curve = std::vector<Point2f>;

// Catmull-Rom splines through the points, eight pieces between neighbours.
Curve smooth_closed(const Curve& points);
Curve smooth_open(const Curve& points);
Curve ellipse(Point2f center, float radius_x, float radius_y, float tilt_radians = 0);

// How much of each pixel is covered, 0 to 1, kFaceSize x kFaceSize, row by row.
class Mask {
 public:
  Mask() : coverage_(kFaceSize * kFaceSize, 0.0f) {}
  float* row(int64_t y) { return coverage_.data() + y * kFaceSize; }
  const float* row(int64_t y) const { return coverage_.data() + y * kFaceSize; }
  const std::vector<float>& coverage() const { return coverage_; }

  Mask& blur(float sigma);           // Gaussian, in pixels; below 0.2 nothing happens
  Mask& within(const Mask& other);   // keeps what the other covers as well
  Mask& without(const Mask& other);  // takes away what the other covers
  Mask& join(const Mask& other);     // adds what the other covers

 private:
  std::vector<float> coverage_;
};

// The exact area of the pixel inside the closed curve (no sampling pattern shows).
Mask fill(const Curve& closed);
// A brush along the curve whose width goes from start over middle to end, in pixels.
Mask stroke(const Curve& open, float start, float middle, float end);

class Canvas {
 public:
  Canvas() : pixels_(kFaceSize * kFaceSize) {}
  Color& at(int64_t x, int64_t y) { return pixels_[static_cast<size_t>(y * kFaceSize + x)]; }

  void paint(const Mask& mask, Color color, float opacity = 1);
  // color_at: Color(Point2f pixel_centre, Color what is there now).
  template <typename ColorAt>
  void paint(const Mask& mask, const ColorAt& color_at) {
    for (int64_t y = 0; y < kFaceSize; ++y) {
      for (int64_t x = 0; x < kFaceSize; ++x) {
        const float covered = mask.row(y)[x];
        if (covered <= 0) continue;
        Color& pixel = at(x, y);
        pixel = mix(pixel, color_at(Point2f{static_cast<float>(x), static_cast<float>(y)}, pixel), covered);
      }
    }
  }
  void blur(float sigma);
  Image to_image() const;

 private:
  std::vector<Color> pixels_;
};

// Smooth noise in [0, 1): random values at whole coordinates, interpolated. Another salt is another pattern.
float value_noise(float x, float y, uint32_t salt);

}  // namespace massface
