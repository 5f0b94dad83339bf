#include "synthetic/mask.h"

#include <algorithm>

#include "core/error.h"
#include "synthetic/blur.h"

namespace massface {
namespace {

PixelBox intersection(const PixelBox& a, const PixelBox& b) {
  return {std::max(a.left, b.left), std::max(a.top, b.top), std::min(a.right, b.right), std::min(a.bottom, b.bottom)};
}

// The smallest box that holds both.
PixelBox hull(const PixelBox& a, const PixelBox& b) {
  if (a.empty()) return b;
  if (b.empty()) return a;
  return {std::min(a.left, b.left), std::min(a.top, b.top), std::max(a.right, b.right), std::max(a.bottom, b.bottom)};
}

// The pixels that a curve may cover, with pixel edges at integers; empty if it covers no pixel of the picture.
PixelBox box_of(const Curve& curve, const Frame& frame) {
  if (curve.empty()) return {};
  const auto [left, right] = std::ranges::minmax(curve, {}, &Point2f::x);
  const auto [top, bottom] = std::ranges::minmax(curve, {}, &Point2f::y);
  const auto clamped = [](float edge, int64_t side) {
    return static_cast<int64_t>(std::clamp(edge, 0.0f, static_cast<float>(side)));
  };
  // One more column on each side, because the position at which an edge crosses a row is rounded.
  const PixelBox box{clamped(std::floor(left.x) - 1, frame.width), clamped(std::floor(top.y), frame.height),
                     clamped(std::ceil(right.x) + 1, frame.width), clamped(std::ceil(bottom.y), frame.height)};
  return box.empty() ? PixelBox{} : box;
}

// The changes of the covered area from each pixel of a box to the next: their running sum along a row is the coverage.
class AreaSteps {
 public:
  explicit AreaSteps(const PixelBox& box)
      : box_(box),
        stride_(box.width() + 2),  // more columns than the box, for what lies to its right
        steps_(static_cast<size_t>(box.height() * stride_), 0.0f) {}

  const float* row(int64_t y) const { return steps_.data() + (y - box_.top) * stride_; }

  void add_edge(Point2f from, Point2f to) {
    if (from.y == to.y) return;
    const float sign = from.y < to.y ? 1.0f : -1.0f;
    if (sign < 0) std::swap(from, to);
    const float slope = (to.x - from.x) / (to.y - from.y);
    const float top = std::max(from.y, static_cast<float>(box_.top));
    const float bottom = std::min(to.y, static_cast<float>(box_.bottom));
    for (auto y = static_cast<int64_t>(top); static_cast<float>(y) < bottom; ++y) {
      const float y0 = std::max(top, static_cast<float>(y));
      const float y1 = std::min(bottom, static_cast<float>(y + 1));
      add_row_piece(y, from.x + slope * (y0 - from.y), from.x + slope * (y1 - from.y), sign * (y1 - y0));
    }
  }

 private:
  // Adds the part of an edge that lies in one row: its coverage of its own pixels, and the change for all pixels to the
  // right.
  void add_row_piece(int64_t y, float x0, float x1, float height) {
    const float left = static_cast<float>(box_.left), right = static_cast<float>(box_.right);
    const float low = std::clamp(std::min(x0, x1), left, right);
    const float high = std::clamp(std::max(x0, x1), left, right);
    const auto first = static_cast<int64_t>(low);
    const auto last = static_cast<int64_t>(high);
    float* step = steps_.data() + (y - box_.top) * stride_ + (first - box_.left);
    if (first == last) {
      const float inside = 1 - (0.5f * (low + high) - static_cast<float>(first));
      step[0] += height * inside;
      step[1] += height * (1 - inside);
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
      *step++ += covered - covered_before;
      before = after;
      covered_before = covered;
    }
    *step += height - covered_before;
  }

  PixelBox box_;
  int64_t stride_;
  std::vector<float> steps_;
};

}  // namespace

Mask::Mask(const Frame& frame, const PixelBox& box)
    : frame_(frame), box_(box), coverage_(static_cast<size_t>(box.width() * box.height()), 0.0f) {}

float Mask::at(int64_t x, int64_t y) const {
  const bool inside = x >= box_.left && x < box_.right && y >= box_.top && y < box_.bottom;
  return inside ? row(y)[x - box_.left] : 0;
}

void Mask::resize(const PixelBox& box) {
  Mask resized(frame_, box);
  const PixelBox kept = intersection(box_, box);
  for (int64_t y = kept.top; y < kept.bottom; ++y) {
    const float* from = row(y) + (kept.left - box_.left);
    if (!kept.empty()) std::copy_n(from, kept.width(), resized.row(y) + (kept.left - box.left));
  }
  *this = std::move(resized);
}

Mask& Mask::blur(float sigma) {
  if (sigma < 0.2f || box_.empty()) return *this;
  const std::vector<float> weights = gaussian_weights(sigma * frame_.scale());
  const auto radius = static_cast<int64_t>(weights.size() / 2);
  resize(intersection({box_.left - radius, box_.top - radius, box_.right + radius, box_.bottom + radius},
                      {0, 0, frame_.width, frame_.height}));
  const int64_t width = box_.width(), height = box_.height();
  const auto is_zero = [](float value) { return value == 0; };
  blur_lines(coverage_.data(), {height, width, width, 1, box_.left, frame_.width}, weights, is_zero);
  blur_lines(coverage_.data(), {width, 1, height, width, box_.top, frame_.height}, weights, is_zero);
  return *this;
}

Mask& Mask::within(const Mask& other) {
  const PixelBox box = intersection(box_, other.box_);
  resize(box.empty() ? PixelBox{} : box);
  for_each_pixel([&](int64_t x, int64_t y, float& covered) { covered *= other.at(x, y); });
  return *this;
}

Mask& Mask::without(const Mask& other) {
  for_each_pixel([&](int64_t x, int64_t y, float& covered) { covered *= 1 - other.at(x, y); });
  return *this;
}

Mask& Mask::join(const Mask& other) {
  if (const PixelBox box = hull(box_, other.box_); box != box_) resize(box);
  for_each_pixel([&](int64_t x, int64_t y, float& covered) { covered += other.at(x, y) * (1 - covered); });
  return *this;
}

Mask fill(const Curve& closed, const Frame& frame) {
  Curve curve;
  curve.reserve(closed.size());
  // Pixel centres are at integers; areas are easier to compute with pixel edges at integers.
  for (const Point2f& point : closed) curve.push_back(frame.picture_of(point) + Point2f{0.5f, 0.5f});
  Mask mask(frame, box_of(curve, frame));
  const PixelBox& box = mask.box();
  AreaSteps area(box);
  for (size_t i = 0; i < curve.size(); ++i) area.add_edge(curve[i], curve[(i + 1) % curve.size()]);
  for (int64_t y = box.top; y < box.bottom; ++y) {
    float sum = 0;
    for (int64_t x = 0; x < box.width(); ++x) {
      sum += area.row(y)[x];
      const float covered = std::min(std::fabs(sum), 1.0f);
      // Areas that should cancel leave small residues in the sum.
      mask.row(y)[x] = covered < 1e-4f ? 0 : covered;
    }
  }
  return mask;
}

Mask stroke(const Curve& open, float start, float middle, float end, const Frame& frame) {
  return fill(stroke_outline(open, start, middle, end), frame);
}

Mask everything(const Frame& frame) {
  Mask mask(frame, {0, 0, frame.width, frame.height});
  for (int64_t y = 0; y < frame.height; ++y) std::fill_n(mask.row(y), frame.width, 1.0f);
  return mask;
}

}  // namespace massface
