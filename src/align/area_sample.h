#pragma once

#include <cstdint>
#include <vector>

#include "image/geometry.h"
#include "image/image.h"
#include "kernels/area_sums.h"

namespace massface {

// A box of a photograph, resized as the networks of MTCNN take it: out[y][x][c] = (mean - 127.5) / 128, with the mean
// of the box's pixels that output pixel (x, y) touches, from floor(x w / width) up to ceil((x + 1) w / width), where w
// is the box's width (PyTorch's "area" interpolation). What lies outside the photograph counts as grey of 127.5, that
// is, as zeros. An output pixel must not touch more than 2^24 pixels.
class AreaSampler {
 public:
  // box: at least one pixel. height, width: of the resized box. The photograph must outlive this object.
  AreaSampler(const Image& photograph, const PixelBox& box, int64_t height, int64_t width);

  // Computes a part of the resized box; what lies outside it is zeros. out: [part.height(), part.width(), 3]. Not for
  // several threads at once.
  void sample(const PixelBox& part, float* out);
  void sample(float* out) { sample({0, 0, std::ssize(columns_), std::ssize(rows_)}, out); }

 private:
  void sample_row(const PixelRange& row, int64_t first, int64_t last, float* out);

  const Image& photograph_;
  std::vector<PixelRange> rows_, columns_;  // of the photograph, per output row and column
  int64_t left_;                            // the first column of the photograph within the box
  std::vector<PixelRange> columns_inside_;  // without what lies outside the photograph, counted from left_
  std::vector<uint32_t> sums_, totals_;     // of an output row: per column from left_ on, and per output column
};

}  // namespace massface
