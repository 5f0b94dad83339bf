#include <algorithm>

#include "kernels/avx512_bfloat16.h"
#include "kernels/bfloat16_kernels.h"
#include "kernels/tile_walk.h"

#if defined(__x86_64__)

#pragma GCC push_options
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"  // raised by GCC's own header (GCC bug 105593)
#pragma GCC target("avx512f,avx512bw,avx512vl,avx512dq,avx512bf16")

namespace massface {
namespace {

using avx512::kLanes;
using avx512::load;
using avx512::store;

struct PairTile {
  const Bfloat16Pair* b;
  int64_t b_stride;
  int64_t pairs;
  int64_t out_stride;
  __mmask16 last;  // the columns in use of the last vector
  ProductEnds ends;
  ReadAhead* ahead;
};

template <int64_t kRows, int64_t kVectors, class Left, class Out>
void multiply_pair_tile(Left left, const PairTile& tile, Out* out) {
  const auto mask = [&](int64_t v) { return v == kVectors - 1 ? tile.last : static_cast<__mmask16>(0xffff); };
  __m512 begin[kVectors], sum[kRows][kVectors];
#pragma GCC unroll 2
  for (int64_t v = 0; v < kVectors; ++v) {
    begin[v] = tile.ends.bias != nullptr ? load(mask(v), tile.ends.bias + v * kLanes) : _mm512_setzero_ps();
  }
#pragma GCC unroll 16
  for (int64_t i = 0; i < kRows; ++i) {
#pragma GCC unroll 2
    for (int64_t v = 0; v < kVectors; ++v) {
      const Out* before = out + i * tile.out_stride + v * kLanes;
      sum[i][v] = tile.ends.add ? _mm512_add_ps(begin[v], load(mask(v), before)) : begin[v];
    }
  }
  const Bfloat16Pair* b = tile.b;
  ReadAhead::Lines ahead = tile.ahead->take(tile.pairs, b);
  for (int64_t k = 0; k < tile.pairs; ++k, left.next(), b += tile.b_stride, ahead.first += ahead.step) {
    __builtin_prefetch(ahead.first, /*write=*/0, /*locality=*/2);
    __m512bh right[kVectors];
#pragma GCC unroll 2
    for (int64_t v = 0; v < kVectors; ++v) {
      right[v] = reinterpret_cast<__m512bh>(_mm512_maskz_loadu_epi32(mask(v), b + v * kLanes));
    }
#pragma GCC unroll 16
    for (int64_t i = 0; i < kRows; ++i) {
      const auto pair = reinterpret_cast<__m512bh>(_mm512_set1_epi32(static_cast<int>(left(i))));
#pragma GCC unroll 2
      for (int64_t v = 0; v < kVectors; ++v) sum[i][v] = _mm512_dpbf16_ps(sum[i][v], pair, right[v]);
    }
  }
  if (tile.ends.slope != nullptr) {
#pragma GCC unroll 2
    for (int64_t v = 0; v < kVectors; ++v) {
      const __m512 slope = load(mask(v), tile.ends.slope + v * kLanes);
#pragma GCC unroll 16
      for (int64_t i = 0; i < kRows; ++i) {
        sum[i][v] = avx512::prelu(sum[i][v], slope);
      }
    }
  }
#pragma GCC unroll 16
  for (int64_t i = 0; i < kRows; ++i) {
#pragma GCC unroll 2
    for (int64_t v = 0; v < kVectors; ++v) store(mask(v), sum[i][v], out + i * tile.out_stride + v * kLanes);
  }
}

// Computes `rows` x `columns` of the output; `columns` is at most two vectors.
template <template <class, int64_t> class Left, class Out>
void multiply_panel(const Bfloat16Pair* a, int64_t row_step, int64_t a_stride, int64_t rows, int64_t columns,
                    PairTile tile, Out* out) {
  tile.last = avx512::first_lanes(columns > kLanes ? columns - kLanes : columns);
  over_tile_rows<12>(rows, [&]<int64_t kRows>(int64_t row) {
    const Left<Bfloat16Pair, kRows> left(a + row * row_step, a_stride);
    if (columns > kLanes) {
      multiply_pair_tile<kRows, 2>(left, tile, out + row * tile.out_stride);
    } else {
      multiply_pair_tile<kRows, 1>(left, tile, out + row * tile.out_stride);
    }
  });
}

void multiply_block_with_dots(const Bfloat16* a, const PackedPairs& b, int64_t rows, Bfloat16* out,
                              const ProductEnds& ends, ReadAhead& ahead) {
  const int64_t pairs = b.depth() / 2, columns = b.columns();
  for (int64_t column = 0; column < columns; column += PackedPairs::kPanelColumns) {
    multiply_panel<ByRows>(reinterpret_cast<const Bfloat16Pair*>(a), pairs, pairs, rows,
                           std::min(PackedPairs::kPanelColumns, columns - column),
                           {.b = b.panel(column),
                            .b_stride = PackedPairs::kPanelColumns,
                            .pairs = pairs,
                            .out_stride = columns,
                            .last = 0,
                            .ends = ends.at_column(column),
                            .ahead = &ahead},
                           out + column);
  }
}

void add_transposed_product_with_dots(const Bfloat16Pair* a, const Bfloat16Pair* b, int64_t pairs, int64_t columns_a,
                                      int64_t columns_b, float* out, ReadAhead& ahead) {
  for (int64_t column = 0; column < columns_b; column += 2 * kLanes) {
    multiply_panel<ByDepth>(a, 1, columns_a, columns_a, std::min(2 * kLanes, columns_b - column),
                            {.b = b + column,
                             .b_stride = columns_b,
                             .pairs = pairs,
                             .out_stride = columns_b,
                             .last = 0,
                             .ends = {.add = true},
                             .ahead = &ahead},
                            out + column);
  }
}

constexpr Bfloat16Kernels kDotProducts{"AVX3_BF16", "AVX512-BF16 dot products", multiply_block_with_dots,
                                       add_transposed_product_with_dots};

}  // namespace

#pragma GCC pop_options
#pragma GCC diagnostic pop

bool has_avx512_bfloat16() {
  static const bool here = __builtin_cpu_supports("avx512bf16") && __builtin_cpu_supports("avx512bw") &&
                           __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
  return here;
}

const Bfloat16Kernels* dot_product_kernels() { return has_avx512_bfloat16() ? &kDotProducts : nullptr; }

}  // namespace massface

#else

namespace massface {

bool has_avx512_bfloat16() { return false; }

const Bfloat16Kernels* dot_product_kernels() { return nullptr; }

}  // namespace massface

#endif
