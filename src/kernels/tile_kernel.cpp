#include "kernels/tile_kernel.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/tile_kernel.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/tile_lanes-inl.h"

// Compiled once for every target.
HWY_BEFORE_NAMESPACE();
namespace massface::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

constexpr int64_t kVectors = 2;
constexpr int64_t kColumns = kVectors * kLanes;
constexpr int64_t kRows = kTileRows;
static_assert(kRows <= kMaxTileRows && kColumns <= kMaxTileColumns);

struct Accumulators {
  Vector sum[kRows][kVectors];
};

HWY_INLINE void multiply(const float* HWY_RESTRICT a, const float* HWY_RESTRICT b, int64_t depth, Accumulators& tile) {
  const Floats d;
  for (int64_t k = 0; k < depth; ++k, a += kRows, b += kColumns) {
    const Vector b0 = hn::Load(d, b);
    const Vector b1 = hn::Load(d, b + kLanes);
#pragma GCC unroll 16
    for (int64_t i = 0; i < kRows; ++i) {
      const Vector value = hn::Set(d, a[i]);
      tile.sum[i][0] = hn::MulAdd(value, b0, tile.sum[i][0]);
      tile.sum[i][1] = hn::MulAdd(value, b1, tile.sum[i][1]);
    }
  }
}

void multiply_tile(const float* a, const float* b, int64_t depth, float* out, int64_t stride, bool resume) {
  const Floats d;
  Accumulators tile;
#pragma GCC unroll 16
  for (int64_t i = 0; i < kRows; ++i) {
    for (int64_t v = 0; v < kVectors; ++v) {
      tile.sum[i][v] = resume ? hn::LoadU(d, out + i * stride + v * kLanes) : hn::Zero(d);
    }
  }
  multiply(a, b, depth, tile);
#pragma GCC unroll 16
  for (int64_t i = 0; i < kRows; ++i) {
    for (int64_t v = 0; v < kVectors; ++v) hn::StoreU(tile.sum[i][v], d, out + i * stride + v * kLanes);
  }
}

bool distance_tile(const float* a, const float* b, int64_t depth, const float* row_squares, const float* column_squares,
                   float near, float* out) {
  const Floats d;
  Accumulators tile;
#pragma GCC unroll 16
  for (int64_t i = 0; i < kRows; ++i) {
    for (int64_t v = 0; v < kVectors; ++v) tile.sum[i][v] = hn::Zero(d);
  }
  multiply(a, b, depth, tile);
  auto any_near = hn::FirstN(d, 0);
#pragma GCC unroll 16
  for (int64_t i = 0; i < kRows; ++i) {
    for (int64_t v = 0; v < kVectors; ++v) {
      const Vector squares = hn::Add(hn::Set(d, row_squares[i]), hn::LoadU(d, column_squares + v * kLanes));
      // 2 x is exact, so the difference is rounded once, fused or not.
      const Vector difference = hn::Sub(squares, hn::Add(tile.sum[i][v], tile.sum[i][v]));
      any_near = hn::Or(any_near, hn::Lt(difference, hn::Mul(hn::Set(d, near), squares)));
      hn::StoreU(hn::Max(difference, hn::Zero(d)), d, out + i * kColumns + v * kLanes);
    }
  }
  return !hn::AllFalse(d, any_near);
}

float squared_difference(const float* x, const float* y, int64_t n) {
  constexpr int64_t kChains = 16;
  const Floats d;
  const hn::CappedTag<float, 1> one;
  HWY_ALIGN float chains[kChains] = {};
  int64_t k = 0;
  for (; k + kChains <= n; k += kChains) {
    for (int64_t i = 0; i < kChains; i += kLanes) {
      const Vector difference = hn::Sub(hn::LoadU(d, x + k + i), hn::LoadU(d, y + k + i));
      hn::Store(hn::MulAdd(difference, difference, hn::Load(d, chains + i)), d, chains + i);
    }
  }
  for (; k < n; ++k) {
    const auto difference = hn::Sub(hn::LoadU(one, x + k), hn::LoadU(one, y + k));
    float* chain = chains + k % kChains;
    hn::StoreU(hn::MulAdd(difference, difference, hn::LoadU(one, chain)), one, chain);
  }
  double sum = 0;
  for (const float chain : chains) sum += chain;
  return static_cast<float>(sum);
}

void add_scaled(const float* x, float factor, float* y, int64_t n) {
  const Floats d;
  const Vector factors = hn::Set(d, factor);
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes)
    hn::StoreU(hn::MulAdd(factors, hn::LoadU(d, x + i), hn::LoadU(d, y + i)), d, y + i);
  const hn::CappedTag<float, 1> one;
  for (; i < n; ++i)
    hn::StoreU(hn::MulAdd(hn::Set(one, factor), hn::LoadU(one, x + i), hn::LoadU(one, y + i)), one, y + i);
}

TileShape tile_shape() { return {kRows, kColumns}; }

}  // namespace massface::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace massface {

HWY_EXPORT(multiply_tile);
HWY_EXPORT(distance_tile);
HWY_EXPORT(squared_difference);
HWY_EXPORT(add_scaled);
HWY_EXPORT(tile_shape);

TileShape tile_shape() { return HWY_DYNAMIC_DISPATCH(tile_shape)(); }

void multiply_tile(const float* a, const float* b, int64_t depth, float* out, int64_t stride, bool resume) {
  HWY_DYNAMIC_DISPATCH(multiply_tile)(a, b, depth, out, stride, resume);
}

bool distance_tile(const float* a, const float* b, int64_t depth, const float* row_squares, const float* column_squares,
                   float near, float* out) {
  return HWY_DYNAMIC_DISPATCH(distance_tile)(a, b, depth, row_squares, column_squares, near, out);
}

float squared_difference(const float* x, const float* y, int64_t n) {
  return HWY_DYNAMIC_DISPATCH(squared_difference)(x, y, n);
}

void add_scaled(const float* x, float factor, float* y, int64_t n) {
  HWY_DYNAMIC_DISPATCH(add_scaled)(x, factor, y, n);
}

}  // namespace massface
#endif
