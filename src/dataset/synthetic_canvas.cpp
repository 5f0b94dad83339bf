#include "dataset/synthetic_canvas.h"

#include <algorithm>
#include <cmath>

namespace massface {
namespace {

constexpr int kPiecesPerSegment = 8;
// One column more than the canvas, for what lies to its right.
constexpr int64_t kAreaStride = kFaceSize + 2;

Point2f catmull_rom(Point2f a, Point2f b, Point2f c, Point2f d, float t) {
  const float t2 = t * t;
  const float t3 = t2 * t;
  return 0.5f * (2 * b + t * (c - a) + t2 * (2 * a - 5 * b + 4 * c - d) + t3 * (3 * b - a - 3 * c + d));
}

// Adds the part of the edge a-b that lies in one row: what it covers in its own pixels, and the step it makes for all
// pixels to the right, which a running sum spreads later.
void add_row_piece(float* row, float x0, float x1, float height) {
  const float low = std::clamp(std::min(x0, x1), 0.0f, static_cast<float>(kFaceSize));
  const float high = std::clamp(std::max(x0, x1), 0.0f, static_cast<float>(kFaceSize));
  const auto first = static_cast<int64_t>(low);
  const auto last = static_cast<int64_t>(high);
  if (first == last) {
    const float inside = 1 - (0.5f * (low + high) - static_cast<float>(first));
    row[first] += height * inside;
    row[first + 1] += height * (1 - inside);
    return;
  }
  // The area right of the piece, up to pixel edge e, grows as (e - low)^2 / (2 (high - low)).
  const float scale = height / (high - low);
  float before = 0;  // covered left of the pixel, as part of `height`
  float covered_before = 0;
  for (int64_t pixel = first; pixel <= last; ++pixel) {
    const float edge = std::min(static_cast<float>(pixel + 1), high);
    const float begin = std::max(static_cast<float>(pixel), low);
    const float after = before + scale * (edge - begin);
    const float covered = 0.5f * (before + after) * (edge - begin) + after * (static_cast<float>(pixel + 1) - edge);
    row[pixel] += covered - covered_before;
    before = after;
    covered_before = covered;
  }
  row[last + 1] += height - covered_before;
}

void add_edge(std::vector<float>& area, Point2f from, Point2f to) {
  if (from.y == to.y) return;
  const float sign = from.y < to.y ? 1.0f : -1.0f;
  if (sign < 0) std::swap(from, to);
  const float slope = (to.x - from.x) / (to.y - from.y);
  const float top = std::max(from.y, 0.0f);
  const float bottom = std::min(to.y, static_cast<float>(kFaceSize));
  for (auto y = static_cast<int64_t>(top); static_cast<float>(y) < bottom; ++y) {
    const float y0 = std::max(top, static_cast<float>(y));
    const float y1 = std::min(bottom, static_cast<float>(y + 1));
    add_row_piece(area.data() + y * kAreaStride, from.x + slope * (y0 - from.y), from.x + slope * (y1 - from.y),
                  sign * (y1 - y0));
  }
}

std::vector<float> gaussian(float sigma) {
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

bool is_zero(float value) { return value == 0; }
bool is_zero(const Color& color) { return color.r == 0 && color.g == 0 && color.b == 0; }

// Blurs kFaceSize x kFaceSize values of T along one axis, repeating the border. Most masks are small: lines without
// coverage stay as they are.
template <typename T>
void blur_axis(std::vector<T>& values, const std::vector<float>& weights, int64_t step, int64_t line_step) {
  const auto radius = static_cast<int64_t>(weights.size() / 2);
  std::vector<T> padded(static_cast<size_t>(kFaceSize + 2 * radius));
  for (int64_t line = 0; line < kFaceSize; ++line) {
    T* first = values.data() + line * line_step;
    bool empty = true;
    for (int64_t i = 0; i < kFaceSize; ++i) empty = empty && is_zero(first[i * step]);
    if (empty) continue;
    for (int64_t i = 0; i < kFaceSize + 2 * radius; ++i) {
      padded[static_cast<size_t>(i)] = first[std::clamp<int64_t>(i - radius, 0, kFaceSize - 1) * step];
    }
    for (int64_t i = 0; i < kFaceSize; ++i) {
      T sum{};
      for (size_t k = 0; k < weights.size(); ++k) sum = sum + weights[k] * padded[static_cast<size_t>(i) + k];
      first[i * step] = sum;
    }
  }
}

template <typename T>
void blur_values(std::vector<T>& values, float sigma) {
  if (sigma < 0.2f) return;
  const std::vector<float> weights = gaussian(sigma);
  blur_axis(values, weights, 1, kFaceSize);
  blur_axis(values, weights, kFaceSize, 1);
}

float lattice(int32_t x, int32_t y, uint32_t salt) {
  uint32_t h = static_cast<uint32_t>(x) * 0x9E3779B1u ^ static_cast<uint32_t>(y) * 0x85EBCA77u ^ salt * 0xC2B2AE3Du;
  h = (h ^ (h >> 15)) * 0x2C1B3C6Du;
  h = (h ^ (h >> 12)) * 0x297A2D39u;
  return static_cast<float>((h ^ (h >> 15)) >> 8) * 0x1p-24f;
}

}  // namespace

Color display_color(float r, float g, float b) { return {r * r / 65025, g * g / 65025, b * b / 65025}; }

Curve smooth_closed(const Curve& points) {
  const size_t n = points.size();
  Curve curve;
  for (size_t i = 0; i < n; ++i) {
    for (int k = 0; k < kPiecesPerSegment; ++k) {
      curve.push_back(catmull_rom(points[(i + n - 1) % n], points[i], points[(i + 1) % n], points[(i + 2) % n],
                                  static_cast<float>(k) / kPiecesPerSegment));
    }
  }
  return curve;
}

Curve smooth_open(const Curve& points) {
  const size_t n = points.size();
  Curve curve;
  for (size_t i = 0; i + 1 < n; ++i) {
    for (int k = 0; k < kPiecesPerSegment; ++k) {
      curve.push_back(catmull_rom(points[i == 0 ? 0 : i - 1], points[i], points[i + 1], points[std::min(i + 2, n - 1)],
                                  static_cast<float>(k) / kPiecesPerSegment));
    }
  }
  curve.push_back(points.back());
  return curve;
}

Curve ellipse(Point2f center, float radius_x, float radius_y, float tilt_radians) {
  constexpr int kCorners = 40;
  const float c = std::cos(tilt_radians);
  const float s = std::sin(tilt_radians);
  Curve curve;
  for (int i = 0; i < kCorners; ++i) {
    const float angle = 6.2831853f * static_cast<float>(i) / kCorners;
    const float x = radius_x * std::cos(angle);
    const float y = radius_y * std::sin(angle);
    curve.push_back(center + Point2f{c * x - s * y, s * x + c * y});
  }
  return curve;
}

Mask& Mask::blur(float sigma) {
  blur_values(coverage_, sigma);
  return *this;
}

Mask& Mask::within(const Mask& other) {
  for (size_t i = 0; i < coverage_.size(); ++i) coverage_[i] *= other.coverage_[i];
  return *this;
}

Mask& Mask::without(const Mask& other) {
  for (size_t i = 0; i < coverage_.size(); ++i) coverage_[i] *= 1 - other.coverage_[i];
  return *this;
}

Mask& Mask::join(const Mask& other) {
  for (size_t i = 0; i < coverage_.size(); ++i) coverage_[i] += other.coverage_[i] * (1 - coverage_[i]);
  return *this;
}

Mask fill(const Curve& closed) {
  std::vector<float> area(kFaceSize * kAreaStride, 0.0f);
  // Pixel centres are whole numbers; the areas are easier with pixel edges that are.
  const Point2f half{0.5f, 0.5f};
  for (size_t i = 0; i < closed.size(); ++i) add_edge(area, closed[i] + half, closed[(i + 1) % closed.size()] + half);
  Mask mask;
  for (int64_t y = 0; y < kFaceSize; ++y) {
    float sum = 0;
    for (int64_t x = 0; x < kFaceSize; ++x) {
      sum += area[static_cast<size_t>(y * kAreaStride + x)];
      const float covered = std::min(std::fabs(sum), 1.0f);
      // Sums of areas that should cancel leave dust.
      mask.row(y)[x] = covered < 1e-4f ? 0 : covered;
    }
  }
  return mask;
}

Mask stroke(const Curve& open, float start, float middle, float end) {
  Curve outline = open;
  const size_t n = open.size();
  std::vector<Point2f> offset(n);
  for (size_t i = 0; i < n; ++i) {
    const Point2f along = open[std::min(i + 1, n - 1)] - open[i == 0 ? 0 : i - 1];
    const float length = std::max(std::sqrt(along.x * along.x + along.y * along.y), 1e-6f);
    const float t = 2 * static_cast<float>(i) / static_cast<float>(n - 1);
    const float width = t < 1 ? start + t * (middle - start) : middle + (t - 1) * (end - middle);
    offset[i] = 0.5f * width / length * Point2f{-along.y, along.x};
    outline[i] = open[i] + offset[i];
  }
  for (size_t i = n; i-- > 0;) outline.push_back(open[i] - offset[i]);
  return fill(outline);
}

void Canvas::paint(const Mask& mask, Color color, float opacity) {
  const std::vector<float>& coverage = mask.coverage();
  for (size_t i = 0; i < pixels_.size(); ++i) {
    if (coverage[i] > 0) pixels_[i] = mix(pixels_[i], color, coverage[i] * opacity);
  }
}

void Canvas::blur(float sigma) { blur_values(pixels_, sigma); }

Image Canvas::to_image() const {
  const auto byte = [](float linear) {
    return static_cast<uint8_t>(std::sqrt(std::clamp(linear, 0.0f, 1.0f)) * 255 + 0.5f);
  };
  Image image{kFaceSize, kFaceSize, {}};
  image.pixels.reserve(pixels_.size() * 3);
  for (const Color& pixel : pixels_)
    image.pixels.insert(image.pixels.end(), {byte(pixel.r), byte(pixel.g), byte(pixel.b)});
  return image;
}

float value_noise(float x, float y, uint32_t salt) {
  const float fx = std::floor(x);
  const float fy = std::floor(y);
  const auto ix = static_cast<int32_t>(fx);
  const auto iy = static_cast<int32_t>(fy);
  const auto ease = [](float t) { return t * t * (3 - 2 * t); };
  const float tx = ease(x - fx);
  const float ty = ease(y - fy);
  const float top = lattice(ix, iy, salt) * (1 - tx) + lattice(ix + 1, iy, salt) * tx;
  const float bottom = lattice(ix, iy + 1, salt) * (1 - tx) + lattice(ix + 1, iy + 1, salt) * tx;
  return top * (1 - ty) + bottom * ty;
}

}  // namespace massface
