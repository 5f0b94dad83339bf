#pragma once

#include <cstdint>

#include "kernels/block_product.h"
#include "kernels/values.h"

// Products of bfloat16 blocks in the cache with the processor's own instructions (AVX512-BF16), which multiply two
// pairs where float32 multiplies one number: sums of neighbouring depths, added up in float32. As in
// kernels/block_product.h, on the calling thread.
//
// A *pair* holds two numbers that follow each other in depth, the first in the lower half.
namespace massface {

using Bfloat16Pair = uint32_t;

// Whether this processor has them, and they were not forbidden (kernels/dispatch.h). Without them nothing below may be
// called.
bool has_bfloat16_products();

// A matrix [depth, columns] rounded to bfloat16, as panels of pairs; depth is even.
class PackedPairs {
 public:
  static constexpr int64_t kPanelColumns = 32;

  // From values at matrix[k * depth_stride + j * column_stride].
  PackedPairs(const float* matrix, int64_t depth, int64_t columns, int64_t depth_stride, int64_t column_stride);

  int64_t depth() const { return depth_; }
  int64_t columns() const { return columns_; }
  // [depth / 2, kPanelColumns] pairs; column: a multiple of kPanelColumns.
  const Bfloat16Pair* panel(int64_t column) const { return panels_.data() + column * depth_ / 2; }

 private:
  int64_t depth_, columns_;
  AlignedArray<Bfloat16Pair> panels_;
};

// out [rows, b.columns()] = a [rows, b.depth()] x b, with what ProductEnds says. Row-major.
void multiply_block(const Bfloat16* a, const PackedPairs& b, int64_t rows, Bfloat16* out, const ProductEnds& ends,
                    ReadAhead& ahead);

// out [columns_a, columns_b] += a^T x b for pairs of rows, a [pairs, columns_a] and b [pairs, columns_b].
void add_transposed_product(const Bfloat16Pair* a, const Bfloat16Pair* b, int64_t pairs, int64_t columns_a,
                            int64_t columns_b, float* out, ReadAhead& ahead);

}  // namespace massface
