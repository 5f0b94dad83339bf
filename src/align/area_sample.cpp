#include "align/area_sample.h"

#include <algorithm>
#include <vector>

#include "core/error.h"

namespace massface {
namespace {

struct CoveredPixels {
  int64_t begin, end;
};

std::vector<CoveredPixels> ranges_of(int64_t first, int64_t in, int64_t out) {
  std::vector<CoveredPixels> ranges(static_cast<size_t>(out));
  for (int64_t i = 0; i < out; ++i) {
    ranges[static_cast<size_t>(i)] = {first + i * in / out, first + ((i + 1) * in + out - 1) / out};
  }
  return ranges;
}

// Sums the rows `rows` for each column x of the box, into sums[3 x + channel].
void add_rows(const Image& photograph, const PixelBox& box, const CoveredPixels& rows, std::vector<uint32_t>& sums) {
  std::ranges::fill(sums, 0u);
  for (int64_t y = rows.begin; y < rows.end; ++y) {
    const uint8_t* row = photograph.pixels.data() + (y * photograph.width + box.left) * 3;
    for (size_t i = 0; i < sums.size(); ++i) sums[i] += row[i];
  }
}

}  // namespace

void sample_area(const Image& photograph, const PixelBox& box, int64_t height, int64_t width, float* out) {
  check(box.left >= 0 && box.top >= 0 && box.right <= photograph.width && box.bottom <= photograph.height &&
            box.width() > 0 && box.height() > 0,
        "a box inside the photograph");
  const auto rows = ranges_of(box.top, box.height(), height), columns = ranges_of(0, box.width(), width);
  std::vector<uint32_t> sums(static_cast<size_t>(box.width() * 3));
  for (const CoveredPixels& row : rows) {
    add_rows(photograph, box, row, sums);
    for (const CoveredPixels& column : columns) {
      const float count = static_cast<float>((row.end - row.begin) * (column.end - column.begin));
      uint64_t sum[3] = {0, 0, 0};
      for (int64_t x = column.begin; x < column.end; ++x) {
        for (int c = 0; c < 3; ++c) sum[c] += sums[static_cast<size_t>(3 * x + c)];
      }
      for (int c = 0; c < 3; ++c) *out++ = (static_cast<float>(sum[c]) / count - 127.5f) * 0.0078125f;
    }
  }
}

}  // namespace massface
