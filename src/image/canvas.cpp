#include "image/canvas.h"

#include <algorithm>
#include <cmath>
#include <vector>

// The letters: rectangles, without a font file. Its functions are static, and not all are used here.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wold-style-cast"
#pragma GCC diagnostic ignored "-Wcast-qual"
#pragma GCC diagnostic ignored "-Wuseless-cast"
#include <stb/stb_easy_font.h>
#pragma GCC diagnostic pop

namespace massface {
namespace {

// A corner of a rectangle, as stb_easy_font writes it.
struct Corner {
  float x, y, z;
  unsigned char color[4];
};
constexpr size_t kCornersOfRectangle = 4;
constexpr size_t kMostBytesOfLetter = 300;  // as stb_easy_font.h says, with room to spare

std::string ascii(const std::string& text) {
  std::string kept;
  std::ranges::copy_if(text, std::back_inserter(kept), [](char c) { return c >= ' ' && c <= '~'; });
  return kept;
}

// The distance of a point from the line between two others.
double distance(CanvasPoint point, CanvasPoint from, CanvasPoint to) {
  const double dx = to.x - from.x, dy = to.y - from.y, square = dx * dx + dy * dy;
  const double t = square > 0 ? std::clamp(((point.x - from.x) * dx + (point.y - from.y) * dy) / square, 0.0, 1.0) : 0;
  return std::hypot(point.x - from.x - t * dx, point.y - from.y - t * dy);
}

}  // namespace

Canvas::Canvas(int64_t width, int64_t height)
    : image_{.height = height,
             .width = width,
             .pixels = std::vector<uint8_t>(static_cast<size_t>(width * height * 3), 255)} {}

void Canvas::mix(int64_t x, int64_t y, const Color& color, double part) {
  if (x < 0 || y < 0 || x >= image_.width || y >= image_.height) return;
  for (size_t channel = 0; channel < 3; ++channel) {
    uint8_t& value = image_.pixels[static_cast<size_t>(3 * (y * image_.width + x)) + channel];
    value = static_cast<uint8_t>(std::lround(value + part * (color[channel] - value)));
  }
}

void Canvas::fill(CanvasPoint from, CanvasPoint to, const Color& color) {
  for (int64_t y = std::lround(from.y); y < std::lround(to.y); ++y) {
    for (int64_t x = std::lround(from.x); x < std::lround(to.x); ++x) mix(x, y, color, 1);
  }
}

void Canvas::line(CanvasPoint from, CanvasPoint to, double thickness, const Color& color) {
  const double reach = thickness / 2 + 1;
  const auto first = [&](double a, double b) { return static_cast<int64_t>(std::floor(std::min(a, b) - reach)); };
  const auto last = [&](double a, double b) { return static_cast<int64_t>(std::ceil(std::max(a, b) + reach)); };
  const int64_t bottom = std::min(last(from.y, to.y), image_.height),
                right = std::min(last(from.x, to.x), image_.width);
  for (int64_t y = std::max<int64_t>(first(from.y, to.y), 0); y < bottom; ++y) {
    for (int64_t x = std::max<int64_t>(first(from.x, to.x), 0); x < right; ++x) {
      const CanvasPoint middle{static_cast<double>(x) + 0.5, static_cast<double>(y) + 0.5};
      const double covered = std::clamp(thickness / 2 + 0.5 - distance(middle, from, to), 0.0, 1.0);
      if (covered > 0) mix(x, y, color, covered);
    }
  }
}

void Canvas::text(CanvasPoint place, int size, const std::string& text, const Color& color) {
  std::string letters = ascii(text);
  std::vector<Corner> corners((letters.size() + 1) * kMostBytesOfLetter / sizeof(Corner) + kCornersOfRectangle);
  const int rectangles = stb_easy_font_print(0, 0, letters.data(), nullptr, corners.data(),
                                             static_cast<int>(corners.size() * sizeof(Corner)));
  for (int i = 0; i < rectangles; ++i) {
    const Corner &first = corners[static_cast<size_t>(i) * kCornersOfRectangle],
                 &third = corners[static_cast<size_t>(i) * kCornersOfRectangle + 2];
    fill({place.x + size * first.x, place.y + size * first.y}, {place.x + size * third.x, place.y + size * third.y},
         color);
  }
}

double Canvas::text_width(int size, const std::string& text) {
  std::string letters = ascii(text);
  return size * stb_easy_font_width(letters.data());
}

double Canvas::text_height(int size) { return 10.0 * size; }

}  // namespace massface
