#pragma once

#include <cstdint>

#include "kernels/block_product.h"
#include "kernels/values.h"

// Products of bfloat16 blocks in the cache with the processor's own instructions for them, summed in float32
// (kernels/bfloat16_kernels.h lists the instructions). Like kernels/block_product.h, they run on the calling thread.
//
// A *pair* holds two numbers of consecutive depths, the first in the lower 16 bits.
namespace massface {

using Bfloat16Pair = uint32_t;

// Returns whether this processor multiplies bfloat16 numbers faster than float32, and its instructions have not been
// forbidden (kernels/dispatch.h). If not, nothing below may be called.
bool has_bfloat16_products();

// A matrix [depth, columns] rounded to bfloat16, stored as panels of pairs. The depth is even.
class PackedPairs {
 public:
  static constexpr int64_t kPanelColumns = 32;

  // Packs the matrix with the elements matrix[k * depth_stride + j * column_stride].
  PackedPairs(const float* matrix, int64_t depth, int64_t columns, int64_t depth_stride, int64_t column_stride);

  int64_t depth() const { return depth_; }
  int64_t columns() const { return columns_; }
  // The panel whose first column is `column`, a multiple of kPanelColumns: [depth / 2, kPanelColumns] pairs. Columns
  // beyond the last are zero.
  const Bfloat16Pair* panel(int64_t column) const { return panels_.data() + column * depth_ / 2; }

 private:
  int64_t depth_, columns_;
  AlignedArray<Bfloat16Pair> panels_;
};

// out [rows, b.columns()] = a [rows, b.depth()] x b, with the terms that ProductEnds adds. All are row-major.
void multiply_block(const Bfloat16* a, const PackedPairs& b, int64_t rows, Bfloat16* out, const ProductEnds& ends,
                    ReadAhead& ahead);

// out [columns_a, columns_b] += a^T x b, where a [pairs, columns_a] and b [pairs, columns_b] are rows of pairs.
void add_transposed_product(const Bfloat16Pair* a, const Bfloat16Pair* b, int64_t pairs, int64_t columns_a,
                            int64_t columns_b, float* out, ReadAhead& ahead);

}  // namespace massface
