#pragma once

#include "kernels/bfloat16_product.h"

// The work of the vector unit before and after the tiles of kernels/tile_products.h. The functions use AVX512-BF16
// where the processor has it, which it does wherever there is AMX; the plain functions are their twins.
namespace massface {

// out [rows, columns] = PReLU(bias + out + sums), rounded, with the terms in `ends`. The rows of sums are sum_stride
// floats apart, those of out out_stride numbers.
void finish_sums(const float* sums, int64_t sum_stride, int64_t rows, int64_t columns, const ProductEnds& ends,
                 Bfloat16* out, int64_t out_stride);
void finish_sums_plainly(const float* sums, int64_t sum_stride, int64_t rows, int64_t columns, const ProductEnds& ends,
                         Bfloat16* out, int64_t out_stride);

// to [16, 16] = from [rows, columns] transposed, and zeros where from has no numbers; rows and columns are at most 16.
// The rows of from are from_stride pairs apart.
void transpose_pairs(const Bfloat16Pair* from, int64_t from_stride, int64_t rows, int64_t columns, Bfloat16Pair* to);
void transpose_pairs_plainly(const Bfloat16Pair* from, int64_t from_stride, int64_t rows, int64_t columns,
                             Bfloat16Pair* to);

}  // namespace massface
