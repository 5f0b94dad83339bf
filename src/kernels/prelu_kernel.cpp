#include "kernels/prelu_kernel.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/prelu_kernel.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

// Compiled once for every target.
HWY_BEFORE_NAMESPACE();
namespace massface::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

void forward(const float* x, const float* slope, float* y, int64_t rows, int64_t channels) {
  const hn::ScalableTag<float> d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  const auto zero = hn::Zero(d);
  for (int64_t row = 0; row < rows; ++row, x += channels, y += channels) {
    int64_t c = 0;
    for (; c + lanes <= channels; c += lanes) {
      const auto value = hn::LoadU(d, x + c);
      const auto scaled = hn::Mul(hn::LoadU(d, slope + c), value);
      hn::StoreU(hn::IfThenElse(hn::Gt(value, zero), value, scaled), d, y + c);
    }
    for (; c < channels; ++c) y[c] = x[c] > 0 ? x[c] : slope[c] * x[c];
  }
}

void backward(const float* x, const float* slope, const float* dy, float* dx, float* dslope, int64_t rows,
              int64_t channels) {
  const hn::ScalableTag<float> d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  const auto zero = hn::Zero(d);
  for (int64_t row = 0; row < rows; ++row, x += channels, dy += channels, dx += channels) {
    int64_t c = 0;
    for (; c + lanes <= channels; c += lanes) {
      const auto value = hn::LoadU(d, x + c);
      const auto gradient = hn::LoadU(d, dy + c);
      const auto positive = hn::Gt(value, zero);
      hn::StoreU(hn::IfThenElse(positive, gradient, hn::Mul(hn::LoadU(d, slope + c), gradient)), d, dx + c);
      // No fused multiply-add: the scalar end of the row would round differently.
      const auto term = hn::IfThenZeroElse(positive, hn::Mul(value, gradient));
      hn::StoreU(hn::Add(hn::LoadU(d, dslope + c), term), d, dslope + c);
    }
    for (; c < channels; ++c) {
      const bool positive = x[c] > 0;
      dx[c] = positive ? dy[c] : slope[c] * dy[c];
      dslope[c] += positive ? 0.0f : x[c] * dy[c];
    }
  }
}

}  // namespace massface::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace massface {

HWY_EXPORT(forward);
HWY_EXPORT(backward);

void prelu_forward_rows(const float* x, const float* slope, float* y, int64_t rows, int64_t channels) {
  HWY_DYNAMIC_DISPATCH(forward)(x, slope, y, rows, channels);
}

void prelu_backward_rows(const float* x, const float* slope, const float* dy, float* dx, float* dslope, int64_t rows,
                         int64_t channels) {
  HWY_DYNAMIC_DISPATCH(backward)(x, slope, dy, dx, dslope, rows, channels);
}

}  // namespace massface
#endif
