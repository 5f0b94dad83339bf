#pragma once

#include <cstdint>

namespace massface {

// A row-major float32 matrix. stride: the number of floats from one row to the next.
struct MatrixView {
  const float* values;
  int64_t stride;
};

// product [rows, columns] = a [rows, depth] x b [depth, columns], all row-major float32; product_stride is the number
// of floats from one row of the product to the next. Runs on all threads. Every number is one chain of fused
// multiply-adds in ascending depth: the same bits whatever the number of threads and the width of the vectors.
void multiply_matrices(MatrixView a, MatrixView b, int64_t rows, int64_t depth, int64_t columns, float* product,
                       int64_t product_stride);

}  // namespace massface
