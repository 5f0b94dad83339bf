#pragma once

#include <cstdint>

namespace massface {

// product [rows, columns] = a [rows, depth] x b [depth, columns], all row-major float32; strides are the floats from
// one row to the next. On all threads. Every number is one chain of fused multiply-adds in ascending depth: the same
// bits whatever the threads and the width of the vectors.
struct MatrixView {
  const float* values;
  int64_t stride;
};
void multiply_matrices(MatrixView a, MatrixView b, int64_t rows, int64_t depth, int64_t columns, float* product,
                       int64_t product_stride);

}  // namespace massface
