// A product of a block with a packed matrix, tile by tile, for every set of vector instructions. Include this outside
// of any namespace in kernels that are compiled once per set (Highway's foreach_target).
#if defined(MASSFACE_BLOCK_TILE_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef MASSFACE_BLOCK_TILE_INL_H
#undef MASSFACE_BLOCK_TILE_INL_H
#else
#define MASSFACE_BLOCK_TILE_INL_H
#endif

#include <hwy/highway.h>

#include "kernels/block_product.h"
#include "kernels/tile_lanes-inl.h"
#include "kernels/tile_walk.h"

HWY_BEFORE_NAMESPACE();
namespace massface::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// The right factor and the output of a tile. `columns` is the number of columns in use of the last vector. The depths
// come in `segments`: in the left factor, each begins left_step numbers after the one before; in b, they follow each
// other.
struct TileTarget {
  const float* b;
  int64_t b_stride;
  int64_t depth;  // of a segment
  int64_t segments = 1;
  int64_t left_step = 0;
  float* out;
  int64_t out_stride;
  int64_t columns;
  ProductEnds ends;
  ReadAhead* ahead;
};

// Left: ByRows or ByDepth (kernels/tile_walk.h) of kRows rows.
template <int64_t kRows, int64_t kVectors, bool kPartial, class Left>
HWY_INLINE void multiply_tile(const float* a, int64_t a_stride, const TileTarget& target) {
  const Floats d;
  const auto mask = hn::FirstN(d, static_cast<size_t>(target.columns));
  const auto load = [&](const float* from, int64_t v) {
    return kPartial && v == kVectors - 1 ? hn::MaskedLoad(mask, d, from + v * kLanes) : hn::LoadU(d, from + v * kLanes);
  };
  Vector begin[kVectors], sum[kRows][kVectors];
#pragma GCC unroll 2
  for (int64_t v = 0; v < kVectors; ++v) begin[v] = target.ends.bias ? load(target.ends.bias, v) : hn::Zero(d);
#pragma GCC unroll 16
  for (int64_t i = 0; i < kRows; ++i) {
#pragma GCC unroll 2
    for (int64_t v = 0; v < kVectors; ++v) {
      sum[i][v] = target.ends.add ? hn::Add(begin[v], load(target.out + i * target.out_stride, v)) : begin[v];
    }
  }
  const float* b = target.b;
  for (int64_t segment = 0; segment < target.segments; ++segment) {
    Left left(a + segment * target.left_step, a_stride);
    ReadAhead::Lines ahead = target.ahead->take(target.depth, b);
    for (int64_t k = 0; k < target.depth; ++k, left.next(), b += target.b_stride, ahead.first += ahead.step) {
      __builtin_prefetch(ahead.first, /*write=*/0, /*locality=*/2);
      Vector right[kVectors];
#pragma GCC unroll 2
      for (int64_t v = 0; v < kVectors; ++v) right[v] = load(b, v);
#pragma GCC unroll 16
      for (int64_t i = 0; i < kRows; ++i) {
        const Vector value = hn::Set(d, left(i));
#pragma GCC unroll 2
        for (int64_t v = 0; v < kVectors; ++v) sum[i][v] = hn::MulAdd(value, right[v], sum[i][v]);
      }
    }
  }
  if (target.ends.slope != nullptr) {
#pragma GCC unroll 2
    for (int64_t v = 0; v < kVectors; ++v) {
      const Vector slope = load(target.ends.slope, v);
#pragma GCC unroll 16
      for (int64_t i = 0; i < kRows; ++i) {
        sum[i][v] = hn::IfThenElse(hn::Gt(sum[i][v], hn::Zero(d)), sum[i][v], hn::Mul(slope, sum[i][v]));
      }
    }
  }
#pragma GCC unroll 16
  for (int64_t i = 0; i < kRows; ++i) {
    float* out = target.out + i * target.out_stride;
#pragma GCC unroll 2
    for (int64_t v = 0; v < kVectors; ++v) {
      if (kPartial && v == kVectors - 1) {
        hn::BlendedStore(sum[i][v], mask, d, out + v * kLanes);
      } else {
        hn::StoreU(sum[i][v], d, out + v * kLanes);
      }
    }
  }
}

// Computes `rows` x `columns` of the output; `columns` is at most two vectors. Row r of the left factor begins at
// a + r * row_step; its numbers are as Left has them with a_stride.
template <template <class, int64_t> class Left>
HWY_INLINE void multiply_panel(const float* a, int64_t row_step, int64_t a_stride, int64_t rows, int64_t columns,
                               TileTarget target) {
  float* const out = target.out;
  target.columns = columns > kLanes ? columns - kLanes : columns;
  over_tile_rows<kTileRows>(rows, [&]<int64_t kRows>(int64_t row) {
    using Factor = Left<float, kRows>;
    const float* rows_of_a = a + row * row_step;
    target.out = out + row * target.out_stride;
    if (columns == 2 * kLanes) {
      multiply_tile<kRows, 2, false, Factor>(rows_of_a, a_stride, target);
    } else if (columns > kLanes) {
      multiply_tile<kRows, 2, true, Factor>(rows_of_a, a_stride, target);
    } else {
      multiply_tile<kRows, 1, true, Factor>(rows_of_a, a_stride, target);
    }
  });
}

}  // namespace massface::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
