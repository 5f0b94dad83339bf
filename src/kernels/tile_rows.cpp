#include "kernels/tile_rows.h"

#include <algorithm>

#include "kernels/avx512_bfloat16.h"

namespace massface {
namespace {

constexpr int64_t kSide = 16;  // of a tile

}  // namespace

void finish_sums_plainly(const float* sums, int64_t sum_stride, int64_t rows, int64_t columns, const ProductEnds& ends,
                         Bfloat16* out, int64_t out_stride) {
  for (int64_t row = 0; row < rows; ++row) {
    for (int64_t j = 0; j < columns; ++j) {
      Bfloat16& to = out[row * out_stride + j];
      float value = ends.bias != nullptr ? ends.bias[j] : 0.0f;
      if (ends.add) value += to_float(to);
      value += sums[row * sum_stride + j];
      if (ends.slope != nullptr && !(value > 0)) value *= ends.slope[j];
      to = to_bfloat16(value);
    }
  }
}

void transpose_pairs_plainly(const Bfloat16Pair* from, int64_t from_stride, int64_t rows, int64_t columns,
                             Bfloat16Pair* to) {
  std::fill_n(to, kSide * kSide, 0);
  for (int64_t row = 0; row < rows; ++row) {
    for (int64_t j = 0; j < columns; ++j) to[j * kSide + row] = from[row * from_stride + j];
  }
}

#if defined(__x86_64__)

#pragma GCC push_options
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"  // raised by GCC's own header (GCC bug 105593)
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC target("avx512f,avx512bw,avx512vl,avx512dq,avx512bf16")

namespace {

using avx512::first_lanes;
using avx512::load;

void finish_vectors(const float* sums, int64_t sum_stride, int64_t rows, int64_t columns, const ProductEnds& ends,
                    Bfloat16* out, int64_t out_stride) {
  for (int64_t j = 0; j < columns; j += avx512::kLanes) {
    const __mmask16 mask = first_lanes(columns - j);
    const __m512 bias = ends.bias != nullptr ? load(mask, ends.bias + j) : _mm512_setzero_ps();
    const __m512 slope = ends.slope != nullptr ? load(mask, ends.slope + j) : _mm512_set1_ps(1.0f);
    for (int64_t row = 0; row < rows; ++row) {
      Bfloat16* to = out + row * out_stride + j;
      __m512 value = ends.add ? _mm512_add_ps(bias, load(mask, to)) : bias;
      value = _mm512_add_ps(value, load(mask, sums + row * sum_stride + j));
      if (ends.slope != nullptr) value = avx512::prelu(value, slope);
      avx512::store(mask, value, to);
    }
  }
}

// Transposes within four rows, so that lane L (of 128 bits) of to[j] holds column 4 L + j of these rows.
MASSFACE_INLINE void transpose_four(const __m512i* from, __m512i* to) {
  const __m512i low01 = _mm512_unpacklo_epi32(from[0], from[1]), high01 = _mm512_unpackhi_epi32(from[0], from[1]);
  const __m512i low23 = _mm512_unpacklo_epi32(from[2], from[3]), high23 = _mm512_unpackhi_epi32(from[2], from[3]);
  to[0] = _mm512_unpacklo_epi64(low01, low23);
  to[1] = _mm512_unpackhi_epi64(low01, low23);
  to[2] = _mm512_unpacklo_epi64(high01, high23);
  to[3] = _mm512_unpackhi_epi64(high01, high23);
}

void transpose_vectors(const Bfloat16Pair* from, int64_t from_stride, int64_t rows, int64_t columns, Bfloat16Pair* to) {
  constexpr int kEvenLanes = 0x88, kOddLanes = 0xdd;
  const __mmask16 mask = first_lanes(columns);
  __m512i row[kSide], quarter[kSide];
#pragma GCC unroll 16
  for (int64_t i = 0; i < kSide; ++i) {
    row[i] = i < rows ? _mm512_maskz_loadu_epi32(mask, from + i * from_stride) : _mm512_setzero_si512();
  }
#pragma GCC unroll 4
  for (int64_t i = 0; i < kSide; i += 4) transpose_four(row + i, quarter + i);
#pragma GCC unroll 4
  for (int64_t j = 0; j < 4; ++j) {
    const __m512i upper_even = _mm512_shuffle_i32x4(quarter[j], quarter[4 + j], kEvenLanes);
    const __m512i upper_odd = _mm512_shuffle_i32x4(quarter[j], quarter[4 + j], kOddLanes);
    const __m512i lower_even = _mm512_shuffle_i32x4(quarter[8 + j], quarter[12 + j], kEvenLanes);
    const __m512i lower_odd = _mm512_shuffle_i32x4(quarter[8 + j], quarter[12 + j], kOddLanes);
    _mm512_storeu_si512(to + j * kSide, _mm512_shuffle_i32x4(upper_even, lower_even, kEvenLanes));
    _mm512_storeu_si512(to + (4 + j) * kSide, _mm512_shuffle_i32x4(upper_odd, lower_odd, kEvenLanes));
    _mm512_storeu_si512(to + (8 + j) * kSide, _mm512_shuffle_i32x4(upper_even, lower_even, kOddLanes));
    _mm512_storeu_si512(to + (12 + j) * kSide, _mm512_shuffle_i32x4(upper_odd, lower_odd, kOddLanes));
  }
}

}  // namespace

#pragma GCC pop_options
#pragma GCC diagnostic pop

void finish_sums(const float* sums, int64_t sum_stride, int64_t rows, int64_t columns, const ProductEnds& ends,
                 Bfloat16* out, int64_t out_stride) {
  const auto finish = has_avx512_bfloat16() ? finish_vectors : finish_sums_plainly;
  finish(sums, sum_stride, rows, columns, ends, out, out_stride);
}

void transpose_pairs(const Bfloat16Pair* from, int64_t from_stride, int64_t rows, int64_t columns, Bfloat16Pair* to) {
  const auto transpose = has_avx512_bfloat16() ? transpose_vectors : transpose_pairs_plainly;
  transpose(from, from_stride, rows, columns, to);
}

#else

void finish_sums(const float* sums, int64_t sum_stride, int64_t rows, int64_t columns, const ProductEnds& ends,
                 Bfloat16* out, int64_t out_stride) {
  finish_sums_plainly(sums, sum_stride, rows, columns, ends, out, out_stride);
}

void transpose_pairs(const Bfloat16Pair* from, int64_t from_stride, int64_t rows, int64_t columns, Bfloat16Pair* to) {
  transpose_pairs_plainly(from, from_stride, rows, columns, to);
}

#endif

}  // namespace massface
