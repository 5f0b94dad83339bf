#pragma once

#include <cstdint>

#include "kernels/packing.h"
#include "kernels/read_ahead.h"

// Matrix products over a block of rows in the cache, on the calling thread, with the vector instructions of this
// processor. Fused layers multiply each block between making it and discarding it.
//
// As in kernels/tile_kernel.h, every number is one chain of fused multiply-adds in ascending depth.
namespace massface {

// A matrix [depth, columns] stored as panels of neighbouring columns, with zeros after the last column: the right
// factor of many products whose left factors are small blocks.
class PackedMatrix {
 public:
  // Packs the matrix with the elements matrix[k * depth_stride + j * column_stride].
  PackedMatrix(const float* matrix, int64_t depth, int64_t columns, int64_t depth_stride, int64_t column_stride);

  int64_t depth() const { return depth_; }
  int64_t columns() const { return columns_; }
  // The panel whose first column is `column`, a multiple of tile_shape().columns.
  const float* panel(int64_t column) const { return panels_.data() + column * depth_; }

 private:
  int64_t depth_, columns_;
  AlignedFloats panels_;
};

// The optional terms of a product: PReLU(bias + out + a x b).
struct ProductEnds {
  bool add = false;              // whether the product is added to the contents of out
  const float* bias = nullptr;   // [columns] or null
  const float* slope = nullptr;  // [columns], of PReLU, or null

  ProductEnds at_column(int64_t column) const {
    return {add, bias != nullptr ? bias + column : nullptr, slope != nullptr ? slope + column : nullptr};
  }
};

// out [rows, b.columns()] = a [rows, b.depth()] x b, with the terms that ProductEnds adds. All are row-major and
// contiguous.
void multiply_block(const float* a, const PackedMatrix& b, int64_t rows, float* out, const ProductEnds& ends,
                    ReadAhead& ahead);

// The same for one panel of b: its columns from `column` on, a multiple of tile_shape().columns. The rows of out, which
// begin with that column, are out_stride numbers apart.
void multiply_panel(const float* a, const PackedMatrix& b, int64_t column, int64_t rows, float* out, int64_t out_stride,
                    const ProductEnds& ends, ReadAhead& ahead);

// out [columns_a, columns_b] += a^T x b for a [rows, columns_a] and b [rows, columns_b].
void add_transposed_product(const float* a, const float* b, int64_t rows, int64_t columns_a, int64_t columns_b,
                            float* out, ReadAhead& ahead);

}  // namespace massface
