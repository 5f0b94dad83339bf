#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

namespace massface {

// Returns the weights of a Gaussian that is cut off at 2.5 sigma: an odd number of values whose sum is 1.
inline std::vector<float> gaussian_weights(float sigma) {
  const auto radius = static_cast<int64_t>(std::ceil(2.5f * sigma));
  std::vector<float> weights;
  float sum = 0;
  for (int64_t i = -radius; i <= radius; ++i) {
    const float t = static_cast<float>(i) / sigma;
    weights.push_back(std::exp(-0.5f * t * t));
    sum += weights.back();
  }
  for (float& weight : weights) weight /= sum;
  return weights;
}

// The layout of parallel lines of values in one array, and the part of the picture's lines that they cover. Values
// outside the part but inside the picture are zero; outside the picture its border is repeated.
struct Lines {
  int64_t count, line_step;  // number of lines, and distance from one to the next
  int64_t length, step;      // number of values in a line, and distance from one to the next
  int64_t first, whole;      // a line begins at value `first` of the picture's `whole` values
};

// Blurs each line. Lines of zeros are left as they are. is_zero: bool(const T&).
template <typename T, typename IsZero>
void blur_lines(T* values, const Lines& lines, const std::vector<float>& weights, const IsZero& is_zero) {
  const auto radius = static_cast<int64_t>(weights.size() / 2);
  std::vector<T> padded(static_cast<size_t>(lines.length + 2 * radius));
  for (int64_t line = 0; line < lines.count; ++line) {
    T* start = values + line * lines.line_step;
    bool empty = true;
    for (int64_t i = 0; i < lines.length; ++i) empty = empty && is_zero(start[i * lines.step]);
    if (empty) continue;
    for (int64_t i = 0; i < lines.length + 2 * radius; ++i) {
      const int64_t at = std::clamp<int64_t>(lines.first + i - radius, 0, lines.whole - 1) - lines.first;
      padded[static_cast<size_t>(i)] = at >= 0 && at < lines.length ? start[at * lines.step] : T{};
    }
    for (int64_t i = 0; i < lines.length; ++i) {
      T sum{};
      for (size_t k = 0; k < weights.size(); ++k) sum = sum + weights[k] * padded[static_cast<size_t>(i) + k];
      start[i * lines.step] = sum;
    }
  }
}

}  // namespace massface
