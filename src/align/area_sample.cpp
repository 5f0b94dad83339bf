#include "align/area_sample.h"

#include <algorithm>

#include "core/error.h"

namespace massface {
namespace {

constexpr float kMeanGrey = 127.5f;                // becomes 0
constexpr int64_t kMostPixels = int64_t{1} << 24;  // whose sum fits into 32 bits

std::vector<PixelRange> ranges_of(int64_t first, int64_t in, int64_t out) {
  std::vector<PixelRange> ranges(static_cast<size_t>(out));
  for (int64_t i = 0; i < out; ++i) {
    ranges[static_cast<size_t>(i)] = {first + i * in / out, first + ((i + 1) * in + out - 1) / out};
  }
  return ranges;
}

// Leaves out what does not lie within [0, size); the range may become empty.
PixelRange inside(const PixelRange& range, int64_t size) {
  return {std::clamp<int64_t>(range.begin, 0, size), std::clamp<int64_t>(range.end, 0, size)};
}

}  // namespace

AreaSampler::AreaSampler(const Image& photograph, const PixelBox& box, int64_t height, int64_t width)
    : photograph_(photograph),
      rows_(ranges_of(box.top, box.height(), height)),
      columns_(ranges_of(box.left, box.width(), width)) {
  check(box.width() > 0 && box.height() > 0, "a box of at least one pixel");
  check((box.height() / height + 2) * (box.width() / width + 2) <= kMostPixels, "the sums of pixels fit into 32 bits");
  const PixelRange seen = inside({box.left, box.right}, photograph.width);
  left_ = seen.begin;
  for (const PixelRange& column : columns_) {
    const PixelRange within = inside(column, photograph.width);
    columns_inside_.push_back({within.begin - left_, within.end - left_});
  }
  sums_.resize(static_cast<size_t>(seen.count() * 3 + 1));
  totals_.resize(static_cast<size_t>(width * 3 + 1));
}

void AreaSampler::sample(const PixelBox& part, float* out) {
  const int64_t row_floats = part.width() * 3, height = std::ssize(rows_), width = std::ssize(columns_);
  const int64_t first = std::clamp<int64_t>(part.left, 0, width), last = std::clamp<int64_t>(part.right, first, width);
  for (int64_t y = part.top; y < part.bottom; ++y, out += row_floats) {
    if (y < 0 || y >= height || first == last) {
      std::fill_n(out, row_floats, 0.0f);
      continue;
    }
    float* begin = out + (first - part.left) * 3;
    std::fill(out, begin, 0.0f);
    sample_row(rows_[static_cast<size_t>(y)], first, last, begin);
    std::fill(begin + (last - first) * 3, out + row_floats, 0.0f);
  }
}

// Computes the columns [first, last) of a row.
void AreaSampler::sample_row(const PixelRange& row, int64_t first, int64_t last, float* out) {
  const PixelRange rows = inside(row, photograph_.height);
  const PixelRange read{columns_inside_[static_cast<size_t>(first)].begin,
                        columns_inside_[static_cast<size_t>(last - 1)].end};
  std::fill_n(sums_.data() + read.begin * 3, read.count() * 3, 0u);
  for (int64_t y = rows.begin; y < rows.end; ++y) {
    add_bytes(photograph_.pixels.data() + (y * photograph_.width + left_ + read.begin) * 3, read.count() * 3,
              sums_.data() + read.begin * 3);
  }
  add_pixels(sums_.data(), columns_inside_.data() + first, last - first, totals_.data());
  const uint32_t* total = totals_.data();
  for (int64_t x = first; x < last; ++x, out += 3, total += 3) {
    const int64_t count = row.count() * columns_[static_cast<size_t>(x)].count();
    const int64_t seen = rows.count() * columns_inside_[static_cast<size_t>(x)].count();
    const float outside = kMeanGrey * static_cast<float>(count - seen), pixels = static_cast<float>(count);
    for (int c = 0; c < 3; ++c) {
      out[c] = ((static_cast<float>(total[c]) + outside) / pixels - kMeanGrey) * 0.0078125f;
    }
  }
}

}  // namespace massface
