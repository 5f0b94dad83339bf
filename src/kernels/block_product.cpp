#include "kernels/block_product.h"

#include <algorithm>

#include "kernels/tile_kernel.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/block_product.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/tile_lanes-inl.h"
#include "kernels/tile_walk.h"

// Compiled once for every target.
HWY_BEFORE_NAMESPACE();
namespace massface::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// The right factor and the output of a tile. `columns` is the number of columns in use of the last vector.
struct TileTarget {
  const float* b;
  int64_t b_stride;
  int64_t depth;
  float* out;
  int64_t out_stride;
  int64_t columns;
  ProductEnds ends;
  ReadAhead* ahead;
};

template <int64_t kRows, int64_t kVectors, bool kPartial, class Left>
HWY_INLINE void multiply_tile(Left left, const TileTarget& target) {
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

// Computes `rows` x `columns` of the output; `columns` is at most two vectors.
template <template <class, int64_t> class Left>
HWY_INLINE void multiply_panel(const float* a, int64_t row_step, int64_t a_stride, int64_t rows, int64_t columns,
                               TileTarget target) {
  float* const out = target.out;
  target.columns = columns > kLanes ? columns - kLanes : columns;
  over_tile_rows<kTileRows>(rows, [&]<int64_t kRows>(int64_t row) {
    const Left<float, kRows> left(a + row * row_step, a_stride);
    target.out = out + row * target.out_stride;
    if (columns == 2 * kLanes) {
      multiply_tile<kRows, 2, false>(left, target);
    } else if (columns > kLanes) {
      multiply_tile<kRows, 2, true>(left, target);
    } else {
      multiply_tile<kRows, 1, true>(left, target);
    }
  });
}

void multiply_rows(const float* a, const float* panel, int64_t depth, int64_t rows, int64_t columns, float* out,
                   int64_t out_stride, const ProductEnds& ends, ReadAhead* ahead) {
  multiply_panel<ByRows>(a, depth, depth, rows, columns,
                         {.b = panel,
                          .b_stride = 2 * kLanes,
                          .depth = depth,
                          .out = out,
                          .out_stride = out_stride,
                          .columns = 0,
                          .ends = ends,
                          .ahead = ahead});
}

void add_transposed_product(const float* a, const float* b, int64_t rows, int64_t columns_a, int64_t columns_b,
                            float* out, ReadAhead* ahead) {
  for (int64_t column = 0; column < columns_b; column += 2 * kLanes) {
    multiply_panel<ByDepth>(a, 1, columns_a, columns_a, std::min(2 * kLanes, columns_b - column),
                            {.b = b + column,
                             .b_stride = columns_b,
                             .depth = rows,
                             .out = out + column,
                             .out_stride = columns_b,
                             .columns = 0,
                             .ends = {.add = true},
                             .ahead = ahead});
  }
}

}  // namespace massface::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace massface {

HWY_EXPORT(multiply_rows);
HWY_EXPORT(add_transposed_product);

PackedMatrix::PackedMatrix(const float* matrix, int64_t depth, int64_t columns, int64_t depth_stride,
                           int64_t column_stride)
    : depth_(depth), columns_(columns), panels_(round_up(columns, tile_shape().columns) * depth) {
  const int64_t width = tile_shape().columns;
  for (int64_t column = 0; column < columns; column += width) {
    float* panel = panels_.data() + column * depth;
    for (int64_t k = 0; k < depth; ++k) {
      for (int64_t j = 0; j < width; ++j) {
        const bool inside = column + j < columns;
        panel[k * width + j] = inside ? matrix[k * depth_stride + (column + j) * column_stride] : 0.0f;
      }
    }
  }
}

void multiply_block(const float* a, const PackedMatrix& b, int64_t rows, float* out, const ProductEnds& ends,
                    ReadAhead& ahead) {
  const int64_t width = tile_shape().columns;
  for (int64_t column = 0; column < b.columns(); column += width) {
    HWY_DYNAMIC_DISPATCH(multiply_rows)
    (a, b.panel(column), b.depth(), rows, std::min(width, b.columns() - column), out + column, b.columns(),
     ends.at_column(column), &ahead);
  }
}

void add_transposed_product(const float* a, const float* b, int64_t rows, int64_t columns_a, int64_t columns_b,
                            float* out, ReadAhead& ahead) {
  HWY_DYNAMIC_DISPATCH(add_transposed_product)(a, b, rows, columns_a, columns_b, out, &ahead);
}

}  // namespace massface
#endif
