#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "image/image.h"
#include "synthetic/mask.h"

namespace massface {

// Linear light; 1 is a white sheet. Display values are its square roots (gamma 2, which needs no libm).
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
// Converts display values, 0 to 255, to linear light.
Color display_color(float r, float g, float b);

// A picture that is being painted, initially black. Its masks may have frames of their own, all of the picture's size.
class Canvas {
 public:
  explicit Canvas(int64_t height = kFaceSize, int64_t width = kFaceSize)
      : height_(height), width_(width), pixels_(static_cast<size_t>(height * width)) {}
  int64_t height() const { return height_; }
  int64_t width() const { return width_; }
  Color& at(int64_t x, int64_t y) { return pixels_[static_cast<size_t>(y * width_ + x)]; }

  void paint(const Mask& mask, Color color, float opacity = 1);
  // color_at: Color(Point2f pixel_centre, Color current), with the centre in aligned pixels of the mask's frame.
  template <typename ColorAt>
  void paint(const Mask& mask, const ColorAt& color_at) {
    const PixelBox& box = mask.box();
    for (int64_t y = box.top; y < box.bottom; ++y) {
      const float* row = mask.row(y);
      for (int64_t x = box.left; x < box.right; ++x) {
        const float covered = *row++;
        if (covered <= 0) continue;
        Color& pixel = at(x, y);
        const Point2f center = mask.frame().aligned_of({static_cast<float>(x), static_cast<float>(y)});
        pixel = mix(pixel, color_at(center, pixel), covered);
      }
    }
  }
  void blur(float sigma);  // in pixels of the picture; no effect below 0.2
  Image to_image() const;

 private:
  int64_t height_, width_;
  std::vector<Color> pixels_;
};

}  // namespace massface
