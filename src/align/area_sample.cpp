#include "align/area_sample.h"

#include <algorithm>
#include <vector>

#include "core/error.h"

namespace massface {
namespace {

constexpr float kMeanGrey = 127.5f;  // becomes 0

struct CoveredPixels {
  int64_t begin, end;

  int64_t count() const { return std::max<int64_t>(end - begin, 0); }
  CoveredPixels within(int64_t first, int64_t last) const { return {std::max(begin, first), std::min(end, last)}; }
};

std::vector<CoveredPixels> ranges_of(int64_t first, int64_t in, int64_t out) {
  std::vector<CoveredPixels> ranges(static_cast<size_t>(out));
  for (int64_t i = 0; i < out; ++i) {
    ranges[static_cast<size_t>(i)] = {first + i * in / out, first + ((i + 1) * in + out - 1) / out};
  }
  return ranges;
}

// Sums the rows for each of the columns, into sums[3 x + channel]. Both lie within the photograph.
void add_rows(const Image& photograph, const CoveredPixels& rows, const CoveredPixels& columns,
              std::vector<uint32_t>& sums) {
  std::ranges::fill(sums, 0u);
  for (int64_t y = rows.begin; y < rows.end; ++y) {
    const uint8_t* row = photograph.pixels.data() + (y * photograph.width + columns.begin) * 3;
    for (size_t i = 0; i < sums.size(); ++i) sums[i] += row[i];
  }
}

}  // namespace

void sample_area(const Image& photograph, const PixelBox& box, int64_t height, int64_t width, float* out) {
  check(box.width() > 0 && box.height() > 0, "a box of at least one pixel");
  const auto rows = ranges_of(box.top, box.height(), height), columns = ranges_of(box.left, box.width(), width);
  const CoveredPixels inside = CoveredPixels{box.left, box.right}.within(0, photograph.width);
  std::vector<uint32_t> sums(static_cast<size_t>(inside.count() * 3));
  for (const CoveredPixels& row : rows) {
    const CoveredPixels row_inside = row.within(0, photograph.height);
    add_rows(photograph, row_inside, inside, sums);
    for (const CoveredPixels& column : columns) {
      const CoveredPixels column_inside = column.within(0, photograph.width);
      const int64_t count = row.count() * column.count();
      const float outside = static_cast<float>(count - row_inside.count() * column_inside.count());
      uint64_t sum[3] = {0, 0, 0};
      for (int64_t x = column_inside.begin - inside.begin; x < column_inside.end - inside.begin; ++x) {
        for (int c = 0; c < 3; ++c) sum[c] += sums[static_cast<size_t>(3 * x + c)];
      }
      for (int c = 0; c < 3; ++c) {
        *out++ =
            ((static_cast<float>(sum[c]) + kMeanGrey * outside) / static_cast<float>(count) - kMeanGrey) * 0.0078125f;
      }
    }
  }
}

}  // namespace massface
