#include "synthetic/canvas.h"

#include <algorithm>
#include <cmath>

#include "synthetic/blur.h"

namespace massface {

Color display_color(float r, float g, float b) { return {r * r / 65025, g * g / 65025, b * b / 65025}; }

void Canvas::paint(const Mask& mask, Color color, float opacity) {
  const PixelBox& box = mask.box();
  for (int64_t y = box.top; y < box.bottom; ++y) {
    const float* row = mask.row(y);
    for (int64_t x = box.left; x < box.right; ++x, ++row) {
      if (*row > 0) at(x, y) = mix(at(x, y), color, *row * opacity);
    }
  }
}

void Canvas::blur(float sigma) {
  if (sigma < 0.2f) return;
  const std::vector<float> weights = gaussian_weights(sigma);
  const auto is_zero = [](const Color& color) { return color.r == 0 && color.g == 0 && color.b == 0; };
  blur_lines(pixels_.data(), {height_, width_, width_, 1, 0, width_}, weights, is_zero);
  blur_lines(pixels_.data(), {width_, 1, height_, width_, 0, height_}, weights, is_zero);
}

Image Canvas::to_image() const {
  const auto byte = [](float linear) {
    return static_cast<uint8_t>(std::sqrt(std::clamp(linear, 0.0f, 1.0f)) * 255 + 0.5f);
  };
  Image image{height_, width_, {}};
  image.pixels.reserve(pixels_.size() * 3);
  for (const Color& pixel : pixels_)
    image.pixels.insert(image.pixels.end(), {byte(pixel.r), byte(pixel.g), byte(pixel.b)});
  return image;
}

}  // namespace massface
