#pragma once

#include "kernels/tile_walk.h"
#include "kernels/values.h"

// Masked vectors of float32 or bfloat16 numbers, for code that is compiled for AVX512-BF16 and only reached on a
// processor that has it: Highway 1.0 does not offer these instructions.
#if defined(__x86_64__)

#include <immintrin.h>

#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512vl,avx512dq,avx512bf16")

namespace massface::avx512 {

constexpr int64_t kLanes = 16;

// The first `count` lanes, at most all.
MASSFACE_INLINE __mmask16 first_lanes(int64_t count) {
  return count >= kLanes ? static_cast<__mmask16>(0xffff) : static_cast<__mmask16>((1U << count) - 1);
}

MASSFACE_INLINE __m512 load(__mmask16 mask, const float* from) { return _mm512_maskz_loadu_ps(mask, from); }
MASSFACE_INLINE __m512 load(__mmask16 mask, const Bfloat16* from) {
  return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(mask, from)), 16));
}
MASSFACE_INLINE void store(__mmask16 mask, __m512 value, float* to) { _mm512_mask_storeu_ps(to, mask, value); }
MASSFACE_INLINE void store(__mmask16 mask, __m512 value, Bfloat16* to) {
  _mm256_mask_storeu_epi16(to, mask, reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(value)));
}

// PReLU: multiplies the numbers that are not above zero by their slopes.
MASSFACE_INLINE __m512 prelu(__m512 value, __m512 slope) {
  const __mmask16 negative = _mm512_cmp_ps_mask(value, _mm512_setzero_ps(), _CMP_NGT_UQ);
  return _mm512_mask_mul_ps(value, negative, slope, value);
}

}  // namespace massface::avx512

#pragma GCC pop_options

#endif

namespace massface {

// Returns whether this processor has AVX512-BF16 and what the functions above need with it.
bool has_avx512_bfloat16();

}  // namespace massface
