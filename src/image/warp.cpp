#include "image/warp.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "image/resize.h"

namespace massface {
namespace {

using Color = std::array<uint8_t, 3>;

// One axis of a bilinear sample: the pixel before it, and the weight of the next one.
struct Sample {
  int64_t first;
  float part;
};

Sample sample_at(double position) {
  const double floor = std::floor(position);
  return {static_cast<int64_t>(floor), static_cast<float>(position - floor)};
}

const uint8_t* pixel(const Image& image, int64_t x, int64_t y, const Color& fill) {
  const bool inside = x >= 0 && x < image.width && y >= 0 && y < image.height;
  return inside ? image.pixels.data() + (y * image.width + x) * 3 : fill.data();
}

void blend(const Image& image, Point p, const Color& fill, uint8_t* rgb) {
  // Far outside. This check also keeps the conversions below within the range of integers.
  if (!(p.x > -1 && p.y > -1 && p.x < static_cast<double>(image.width) && p.y < static_cast<double>(image.height))) {
    std::ranges::copy(fill, rgb);
    return;
  }
  const Sample x = sample_at(p.x), y = sample_at(p.y);
  const uint8_t* top[2] = {pixel(image, x.first, y.first, fill), pixel(image, x.first + 1, y.first, fill)};
  const uint8_t* bottom[2] = {pixel(image, x.first, y.first + 1, fill), pixel(image, x.first + 1, y.first + 1, fill)};
  for (int c = 0; c < 3; ++c) {
    const float above = static_cast<float>(top[0][c]) * (1 - x.part) + static_cast<float>(top[1][c]) * x.part;
    const float below = static_cast<float>(bottom[0][c]) * (1 - x.part) + static_cast<float>(bottom[1][c]) * x.part;
    rgb[c] = static_cast<uint8_t>(above * (1 - y.part) + below * y.part + 0.5f);
  }
}

Image warp_at_scale(const Image& photograph, const SimilarityTransform& transform, int64_t height, int64_t width,
                    const Color& fill) {
  const SimilarityTransform back = transform.inverse();
  Image result{.height = height, .width = width};
  result.pixels.resize(static_cast<size_t>(height * width * 3));
  uint8_t* rgb = result.pixels.data();
  for (int64_t y = 0; y < height; ++y) {
    for (int64_t x = 0; x < width; ++x, rgb += 3) {
      blend(photograph, back({static_cast<double>(x), static_cast<double>(y)}), fill, rgb);
    }
  }
  return result;
}

}  // namespace

Image warp(const Image& photograph, const SimilarityTransform& transform, int64_t height, int64_t width,
           std::array<uint8_t, 3> fill) {
  const double scale = std::sqrt(transform.squared_scale());
  check(scale > 0 && height >= 1 && width >= 1, "a transform with a scale, onto at least one pixel");
  if (scale >= 0.5) return warp_at_scale(photograph, transform, height, width, fill);
  const auto shrunk_side = [scale](int64_t side) {
    return std::max<int64_t>(static_cast<int64_t>(std::ceil(static_cast<double>(side) * 2 * scale)), 1);
  };
  const Image shrunk = resize(photograph, shrunk_side(photograph.height), shrunk_side(photograph.width));
  // Rounding makes the factors of the two sides differ by less than a pixel. Only one is used, because a similarity has
  // only one scale.
  const double factor = static_cast<double>(shrunk.width) / static_cast<double>(photograph.width);
  // The shrunk pixel's centre is (x + 0.5) factor - 0.5: first undo that, then apply the transform.
  const SimilarityTransform grow{1 / factor, 0, 0.5 / factor - 0.5, 0.5 / factor - 0.5};
  const Point shift = transform({grow.tx, grow.ty});
  return warp_at_scale(shrunk, {transform.a * grow.a, transform.b * grow.a, shift.x, shift.y}, height, width, fill);
}

}  // namespace massface
