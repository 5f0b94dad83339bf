#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "image/image.h"

namespace massface {

using Color = std::array<uint8_t, 3>;  // RGB

// A point of a canvas in pixels, from its upper left corner.
struct CanvasPoint {
  double x = 0, y = 0;
};

// An image to draw on. What lies outside of it is left out.
class Canvas {
 public:
  // A white canvas.
  Canvas(int64_t width, int64_t height);

  void fill(CanvasPoint from, CanvasPoint to, const Color& color);
  // A line with smooth edges, `thickness` pixels wide.
  void line(CanvasPoint from, CanvasPoint to, double thickness, const Color& color);
  // Text whose upper left corner is at `place`; `size` pixels for each dot of the letters, which are ten dots high.
  // Characters beyond ASCII are left out.
  void text(CanvasPoint place, int size, const std::string& text, const Color& color);

  static double text_width(int size, const std::string& text);
  static double text_height(int size);

  const Image& image() const { return image_; }

 private:
  // Mixes the color into a pixel; part: of the color, 0 to 1.
  void mix(int64_t x, int64_t y, const Color& color, double part);

  Image image_;
};

}  // namespace massface
