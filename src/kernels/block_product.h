#pragma once

#include <cstdint>

#include "kernels/packing.h"
#include "kernels/read_ahead.h"

// Matrix products over a block of rows that lies in the cache, on the calling thread, with the vector instructions of
// this processor: what the fused layers do with a block between making it and forgetting it.
//
// As in kernels/tile_kernel.h every number is one chain of fused multiply-adds in ascending depth.
namespace massface {

// A matrix [depth, columns] as panels of neighbouring columns, zeros behind the last column: the right side of many
// products with one small left block each.
class PackedMatrix {
 public:
  // From values at matrix[k * depth_stride + j * column_stride].
  PackedMatrix(const float* matrix, int64_t depth, int64_t columns, int64_t depth_stride, int64_t column_stride);

  int64_t depth() const { return depth_; }
  int64_t columns() const { return columns_; }
  // Of the panel whose first column is `column`, a multiple of tile_shape().columns.
  const float* panel(int64_t column) const { return panels_.data() + column * depth_; }

 private:
  int64_t depth_, columns_;
  AlignedFloats panels_;
};

// What a product's numbers begin with and what becomes of them: PReLU(bias + out + a x b), each where it is asked for.
struct ProductEnds {
  bool add = false;              // to what is in out
  const float* bias = nullptr;   // [columns]
  const float* slope = nullptr;  // [columns], of PReLU

  ProductEnds at_column(int64_t column) const {
    return {add, bias != nullptr ? bias + column : nullptr, slope != nullptr ? slope + column : nullptr};
  }
};

// out [rows, b.columns()] = a [rows, b.depth()] x b. Row-major, rows follow each other.
void multiply_block(const float* a, const PackedMatrix& b, int64_t rows, float* out, const ProductEnds& ends,
                    ReadAhead& ahead);

// out [columns_a, columns_b] += a^T x b for a [rows, columns_a] and b [rows, columns_b].
void add_transposed_product(const float* a, const float* b, int64_t rows, int64_t columns_a, int64_t columns_b,
                            float* out, ReadAhead& ahead);

}  // namespace massface
