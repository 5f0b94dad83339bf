#include "kernels/depthwise_rows.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/depthwise_rows.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/channel_groups-inl.h"

// Compiled once for every target.
HWY_BEFORE_NAMESPACE();
namespace massface::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

template <class Body>
HWY_INLINE void over_vectors(int64_t channels, const Body& body) {
  over_channels<1>(channels, [&](auto group, int64_t c) { body(tag_of(group), c); });
}

// Prefetches cache lines, one at a time.
struct Asking {
  HWY_INLINE Asking(ReadAhead* ahead, int64_t lines, const void* anywhere) : lines_(ahead->take(lines, anywhere)) {}
  HWY_INLINE void one() {
    __builtin_prefetch(lines_.first, /*write=*/0, /*locality=*/2);
    lines_.first += lines_.step;
  }

 private:
  ReadAhead::Lines lines_;
};

void depthwise_row(const float* const rows[3], const float* weights, float* out, int64_t out_width, int64_t stride,
                   int64_t channels, ReadAhead* ahead) {
  over_vectors(channels, [&](auto d, int64_t c) {
    hn::Vec<decltype(d)> w[9];
    for (int64_t k = 0; k < 9; ++k) w[k] = hn::LoadU(d, weights + k * channels + c);
    const float *top = rows[0] + c, *middle = rows[1] + c, *bottom = rows[2] + c;
    Asking ask(ahead, out_width, out);
    for (int64_t x = 0; x < out_width; ++x) {
      ask.one();
      // Three chains, one per kernel row: a single chain would wait nine times.
      auto first = hn::Mul(w[0], hn::LoadU(d, top));
      auto second = hn::Mul(w[3], hn::LoadU(d, middle));
      auto third = hn::Mul(w[6], hn::LoadU(d, bottom));
      first = hn::MulAdd(w[1], hn::LoadU(d, top + channels), first);
      second = hn::MulAdd(w[4], hn::LoadU(d, middle + channels), second);
      third = hn::MulAdd(w[7], hn::LoadU(d, bottom + channels), third);
      first = hn::MulAdd(w[2], hn::LoadU(d, top + 2 * channels), first);
      second = hn::MulAdd(w[5], hn::LoadU(d, middle + 2 * channels), second);
      third = hn::MulAdd(w[8], hn::LoadU(d, bottom + 2 * channels), third);
      hn::StoreU(hn::Add(hn::Add(first, second), third), d, out + x * channels + c);
      top += stride * channels;
      middle += stride * channels;
      bottom += stride * channels;
    }
  });
}

template <bool kPRelu, class T>
HWY_INLINE void folded_row(const T* const rows[3], const float* weights, const FoldedEnds& ends, T* out, int64_t width,
                           int64_t stride, int64_t channels) {
  const int64_t out_width = (width - 1) / stride + 1;
  over_vectors(channels, [&](auto d, int64_t c) {
    using V = hn::Vec<decltype(d)>;
    V w[9];
    for (int64_t k = 0; k < 9; ++k) w[k] = hn::LoadU(d, weights + k * channels + c);
    const V bias = hn::LoadU(d, ends.bias + c);
    const V slope = kPRelu ? hn::LoadU(d, ends.slope + c) : hn::Zero(d);
    const auto finish = [&](V sum, int64_t x) {
      if constexpr (kPRelu) sum = hn::IfThenElse(hn::Gt(sum, hn::Zero(d)), sum, hn::Mul(slope, sum));
      store_values(d, sum, out + x * channels + c);
    };
    // Computes output column x from the columns of the kernel that lie inside the image.
    const auto edge = [&](int64_t x) {
      V sum = bias;
      for (int64_t kx = 0; kx < 3; ++kx) {
        const int64_t column = x * stride - 1 + kx;
        if (column < 0 || column >= width) continue;
        for (int64_t ky = 0; ky < 3; ++ky) {
          sum = hn::MulAdd(w[ky * 3 + kx], load_values(d, rows[ky] + column * channels + c), sum);
        }
      }
      finish(sum, x);
    };
    edge(0);
    const int64_t inside =
        (width - 2) / stride + 1;  // for output columns [1, inside) all of the kernel lies inside the image
    int64_t at = (stride - 1) * channels + c;
    for (int64_t x = 1; x < inside; ++x, at += stride * channels) {
      const T *top = rows[0] + at, *middle = rows[1] + at, *bottom = rows[2] + at;
      // Three chains, one per kernel row: a single chain would wait nine times.
      V first = hn::MulAdd(w[0], load_values(d, top), bias);
      V second = hn::Mul(w[3], load_values(d, middle));
      V third = hn::Mul(w[6], load_values(d, bottom));
      first = hn::MulAdd(w[1], load_values(d, top + channels), first);
      second = hn::MulAdd(w[4], load_values(d, middle + channels), second);
      third = hn::MulAdd(w[7], load_values(d, bottom + channels), third);
      first = hn::MulAdd(w[2], load_values(d, top + 2 * channels), first);
      second = hn::MulAdd(w[5], load_values(d, middle + 2 * channels), second);
      third = hn::MulAdd(w[8], load_values(d, bottom + 2 * channels), third);
      finish(hn::Add(hn::Add(first, second), third), x);
    }
    for (int64_t x = std::max<int64_t>(inside, 1); x < out_width; ++x) edge(x);
  });
}

template <class T>
HWY_INLINE void folded_row(const T* const rows[3], const float* weights, const FoldedEnds& ends, T* out, int64_t width,
                           int64_t stride, int64_t channels) {
  if (ends.slope != nullptr) return folded_row<true>(rows, weights, ends, out, width, stride, channels);
  return folded_row<false>(rows, weights, ends, out, width, stride, channels);
}

void folded_depthwise_row(const ConstValues rows[3], const float* weights, const FoldedEnds& ends, Values out,
                          int64_t width, int64_t stride, int64_t channels) {
  if (out.storage() == Storage::kBfloat16) {
    const Bfloat16* const halves[3] = {rows[0].halves(), rows[1].halves(), rows[2].halves()};
    return folded_row(halves, weights, ends, out.halves(), width, stride, channels);
  }
  const float* const floats[3] = {rows[0].floats(), rows[1].floats(), rows[2].floats()};
  return folded_row(floats, weights, ends, out.floats(), width, stride, channels);
}

void depthwise_input_gradient_row_of_stride_2(const GradientTap taps[2], const float* weights, float* out,
                                              int64_t width, int64_t channels, ReadAhead* ahead) {
  over_vectors(channels, [&](auto d, int64_t c) {
    Asking ask(ahead, width, out);
    for (int64_t x = 0; x < width; ++x) {
      ask.one();
      auto sum = hn::Zero(d);
      for (int64_t tap = 0; tap < 2; ++tap) {
        if (taps[tap].dx == nullptr) continue;
        const float* w = weights + taps[tap].kernel_row * 3 * channels + c;
        // Output column j is at position j + 1 of the padded row. Input column x = 2 j met the middle column of the
        // kernel; x = 2 j + 1 met its last column in output j and its first column in output j + 1.
        const float* dx = taps[tap].dx + (x / 2 + 1) * channels + c;
        if (x % 2 == 0) {
          sum = hn::MulAdd(hn::LoadU(d, w + channels), hn::LoadU(d, dx), sum);
        } else {
          sum = hn::MulAdd(hn::LoadU(d, w + 2 * channels), hn::LoadU(d, dx), sum);
          sum = hn::MulAdd(hn::LoadU(d, w), hn::LoadU(d, dx + channels), sum);
        }
      }
      hn::StoreU(sum, d, out + x * channels + c);
    }
  });
}

void depthwise_weight_gradient_row(const float* const rows[3], const float* dx, float* weight_gradient,
                                   int64_t out_width, int64_t stride, int64_t channels, ReadAhead* ahead) {
  over_vectors(channels, [&](auto d, int64_t c) {
    hn::Vec<decltype(d)> sum[9];
    for (int64_t k = 0; k < 9; ++k) sum[k] = hn::LoadU(d, weight_gradient + k * channels + c);
    const float* row[3] = {rows[0] + c, rows[1] + c, rows[2] + c};
    Asking ask(ahead, 2 * out_width, dx);
    for (int64_t x = 0; x < out_width; ++x) {
      ask.one();
      ask.one();
      const auto gradient = hn::LoadU(d, dx + x * channels + c);
      for (int64_t ky = 0; ky < 3; ++ky) {
        for (int64_t kx = 0; kx < 3; ++kx) {
          sum[ky * 3 + kx] = hn::MulAdd(gradient, hn::LoadU(d, row[ky] + kx * channels), sum[ky * 3 + kx]);
        }
        row[ky] += stride * channels;
      }
    }
    for (int64_t k = 0; k < 9; ++k) hn::StoreU(sum[k], d, weight_gradient + k * channels + c);
  });
}

}  // namespace massface::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace massface {

HWY_EXPORT(depthwise_row);
HWY_EXPORT(folded_depthwise_row);
HWY_EXPORT(depthwise_input_gradient_row_of_stride_2);
HWY_EXPORT(depthwise_weight_gradient_row);

void depthwise_row(const float* const rows[3], const float* weights, float* out, int64_t out_width, int64_t stride,
                   int64_t channels, ReadAhead& ahead) {
  HWY_DYNAMIC_DISPATCH(depthwise_row)(rows, weights, out, out_width, stride, channels, &ahead);
}

void folded_depthwise_row(const ConstValues rows[3], const float* weights, const FoldedEnds& ends, Values out,
                          int64_t width, int64_t stride, int64_t channels) {
  HWY_DYNAMIC_DISPATCH(folded_depthwise_row)(rows, weights, ends, out, width, stride, channels);
}

void depthwise_input_gradient_row_of_stride_2(const GradientTap taps[2], const float* weights, float* out,
                                              int64_t width, int64_t channels, ReadAhead& ahead) {
  HWY_DYNAMIC_DISPATCH(depthwise_input_gradient_row_of_stride_2)(taps, weights, out, width, channels, &ahead);
}

void depthwise_weight_gradient_row(const float* const rows[3], const float* dx, float* weight_gradient,
                                   int64_t out_width, int64_t stride, int64_t channels, ReadAhead& ahead) {
  HWY_DYNAMIC_DISPATCH(depthwise_weight_gradient_row)
  (rows, dx, weight_gradient, out_width, stride, channels, &ahead);
}

}  // namespace massface
#endif
