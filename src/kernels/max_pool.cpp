#include <algorithm>

#include "core/error.h"
#include "kernels/image_convolution.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/max_pool.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/tile_lanes-inl.h"

// Compiled once for every target.
HWY_BEFORE_NAMESPACE();
namespace massface::HWY_NAMESPACE {

// Computes one row of windows. Channels beyond the last whole vector are computed with a vector that overlaps the one
// before: a maximum may be taken twice.
template <class D>
HWY_INLINE void pool_row(D d, const float* in, int64_t rows, int64_t width, int64_t row, int64_t channels, int64_t side,
                         float* out) {
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  const int64_t windows = pooled_size(width, side);
  for (int64_t x = 0; x < windows; ++x, out += channels) {
    const int64_t first = 2 * x, count = std::min(side, width - first);
    for (int64_t begin = 0; begin < channels; begin += lanes) {
      const int64_t c = std::min(begin, channels - lanes);
      const float* corner = in + first * channels + c;
      auto largest = hn::LoadU(d, corner);
      for (int64_t i = 0; i < rows; ++i) {
        const float* pixel = corner + i * row;
        for (int64_t j = 0; j < count; ++j, pixel += channels) largest = hn::Max(largest, hn::LoadU(d, pixel));
      }
      hn::StoreU(largest, d, out + c);
    }
  }
}

void pool(const float* in, int64_t height, int64_t width, int64_t pitch, int64_t channels, int64_t side, float* out) {
  const int64_t row = pitch * channels, out_row = pooled_size(width, side) * channels;
  for (int64_t y = 0; y < pooled_size(height, side); ++y) {
    const float* from = in + 2 * y * row;
    const int64_t rows = std::min(side, height - 2 * y);
    float* to = out + y * out_row;
    if (channels >= kLanes) {
      pool_row(Floats(), from, rows, width, row, channels, side, to);
    } else if (channels >= 8) {
      pool_row(hn::CappedTag<float, 8>(), from, rows, width, row, channels, side, to);
    } else {
      pool_row(hn::CappedTag<float, 1>(), from, rows, width, row, channels, side, to);
    }
  }
}

}  // namespace massface::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace massface {

HWY_EXPORT(pool);

void max_pool(const float* in, int64_t height, int64_t width, int64_t pitch, int64_t channels, int64_t side,
              float* out) {
  check(height >= side && width >= side && pitch >= width, "a pooled image is at least as large as a window");
  HWY_DYNAMIC_DISPATCH(pool)(in, height, width, pitch, channels, side, out);
}

}  // namespace massface
#endif
