#include "image/resize.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"

namespace massface {
namespace {

// The input samples that contribute to one output sample of an axis, and their weights.
struct Taps {
  int64_t first;
  std::vector<float> weights;  // sum to 1
};

// The output sample covers [begin, end) of the input axis; samples at its ends are weighted by the part that is
// covered.
Taps area_taps(double begin, double end, int64_t in_size) {
  Taps taps{.first = static_cast<int64_t>(begin)};
  const int64_t last = std::min<int64_t>(static_cast<int64_t>(std::ceil(end)), in_size);
  for (int64_t i = taps.first; i < last; ++i) {
    const double covered =
        std::min<double>(end, static_cast<double>(i + 1)) - std::max<double>(begin, static_cast<double>(i));
    taps.weights.push_back(static_cast<float>(covered / (end - begin)));
  }
  return taps;
}

// The two input samples around `center`; beyond the first and the last, the edge is repeated.
Taps bilinear_taps(double center, int64_t in_size) {
  const double clamped = std::clamp(center, 0.0, static_cast<double>(in_size - 1));
  const auto first = static_cast<int64_t>(clamped);
  const auto part = static_cast<float>(clamped - static_cast<double>(first));
  if (part == 0) return {first, {1.0f}};
  return {first, {1.0f - part, part}};
}

std::vector<Taps> axis_taps(int64_t in_size, int64_t out_size) {
  const double scale = static_cast<double>(in_size) / static_cast<double>(out_size);
  std::vector<Taps> taps;
  for (int64_t out = 0; out < out_size; ++out) {
    const auto position = static_cast<double>(out);
    taps.push_back(scale > 1 ? area_taps(position * scale, (position + 1) * scale, in_size)
                             : bilinear_taps((position + 0.5) * scale - 0.5, in_size));
  }
  return taps;
}

// Returns [height][columns.size()][3], not rounded yet.
std::vector<float> resize_rows(const Image& image, const std::vector<Taps>& columns) {
  std::vector<float> rows(static_cast<size_t>(image.height) * columns.size() * 3);
  float* out = rows.data();
  for (int64_t y = 0; y < image.height; ++y) {
    const uint8_t* row = image.pixels.data() + y * image.width * 3;
    for (const Taps& column : columns) {
      const uint8_t* in = row + column.first * 3;
      for (const float weight : column.weights) {
        for (int c = 0; c < 3; ++c) out[c] += weight * static_cast<float>(in[c]);
        in += 3;
      }
      out += 3;
    }
  }
  return rows;
}

}  // namespace

Image resize(const Image& image, int64_t height, int64_t width) {
  check(height >= 1 && width >= 1 && image.height >= 1 && image.width >= 1, "an image has at least one pixel");
  if (height == image.height && width == image.width) return image;
  const std::vector<float> rows = resize_rows(image, axis_taps(image.width, width));
  const size_t row_size = static_cast<size_t>(width * 3);
  Image resized{.height = height, .width = width};
  resized.pixels.reserve(static_cast<size_t>(height) * row_size);
  std::vector<float> sums(row_size);
  for (const Taps& taps : axis_taps(image.height, height)) {
    std::ranges::fill(sums, 0.0f);
    const float* row = rows.data() + static_cast<size_t>(taps.first) * row_size;
    for (const float weight : taps.weights) {
      for (size_t i = 0; i < row_size; ++i) sums[i] += weight * row[i];
      row += row_size;
    }
    for (const float sum : sums) resized.pixels.push_back(static_cast<uint8_t>(std::min(sum + 0.5f, 255.0f)));
  }
  return resized;
}

}  // namespace massface
