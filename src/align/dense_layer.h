#pragma once

#include <cstdint>
#include <vector>

#include "kernels/block_product.h"

namespace massface {

// A product with a matrix, with bias and perhaps PReLU.
struct DenseLayer {
  PackedMatrix weight;  // [depth, columns]
  std::vector<float> bias, slope;

  // out [rows, columns] of rows [rows, depth].
  void run(const float* rows, int64_t count, float* out) const;
};

}  // namespace massface
