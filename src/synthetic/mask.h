#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

#include "image/geometry.h"
#include "synthetic/curve.h"

namespace massface {

// The side of an aligned face in pixels; aligned faces are square.
inline constexpr int64_t kFaceSize = 112;

// The size of a picture, and the position of the aligned face in it. Painters work in pixels of the aligned face. The
// frame of an aligned picture changes nothing; that of a photograph rotates, enlarges and moves the whole person.
struct Frame {
  int64_t height = kFaceSize;
  int64_t width = kFaceSize;
  // Pixel of the picture = turn * aligned pixel + shift, as complex numbers.
  Point2f turn{1, 0};
  Point2f shift{0, 0};

  float scale() const { return std::sqrt(turn.x * turn.x + turn.y * turn.y); }
  Point2f picture_of(Point2f aligned) const { return multiply(turn, aligned) + shift; }
  Point2f aligned_of(Point2f picture) const {
    const float squared = turn.x * turn.x + turn.y * turn.y;
    return 1 / squared * multiply(conjugate(turn), picture - shift);
  }
};

// The covered fraction of each pixel of the frame's picture, 0 to 1. Only the pixels within a box are stored: most
// shapes are small and photographs are large.
class Mask {
 public:
  explicit Mask(const Frame& frame = {}) : frame_(frame) {}
  Mask(const Frame& frame, const PixelBox& box);

  const Frame& frame() const { return frame_; }
  const PixelBox& box() const { return box_; }
  // The box's pixels of row y, from box().left on.
  float* row(int64_t y) { return coverage_.data() + (y - box_.top) * box_.width(); }
  const float* row(int64_t y) const { return coverage_.data() + (y - box_.top) * box_.width(); }
  float at(int64_t x, int64_t y) const;

  Mask& blur(float sigma);           // Gaussian, in aligned pixels; no effect below 0.2
  Mask& within(const Mask& other);   // keeps only what the other covers as well
  Mask& without(const Mask& other);  // removes what the other covers
  Mask& join(const Mask& other);     // adds what the other covers

 private:
  template <typename Change>  // change: void(int64_t x, int64_t y, float& covered)
  void for_each_pixel(const Change& change) {
    for (int64_t y = box_.top; y < box_.bottom; ++y) {
      float* covered = row(y);
      for (int64_t x = box_.left; x < box_.right; ++x) change(x, y, *covered++);
    }
  }
  // Changes the box and keeps the coverage inside it.
  void resize(const PixelBox& box);

  Frame frame_;
  PixelBox box_;
  std::vector<float> coverage_;
};

// Covers each pixel by its exact area inside the closed curve, so that no sampling pattern shows. Curves are in aligned
// pixels.
Mask fill(const Curve& closed, const Frame& frame = {});
// Covers a brush stroke along the curve. Its width goes from start through middle to end, in aligned pixels.
Mask stroke(const Curve& open, float start, float middle, float end, const Frame& frame = {});
// Covers the whole picture.
Mask everything(const Frame& frame = {});

}  // namespace massface
