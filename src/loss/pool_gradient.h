#pragma once

#include "core/tensor.h"

namespace massface {

// Returns dL/dx_i = 2 (sum_j S_ij) x_i - 2 sum_j S_ij x_j of the sum of losses L, times `factor`, where S = W + W^T; on
// a GPU, with LibTorch's product. weights: float32 [B, B], W = dL / d distances. x: float32 [B, D]. factor: a scalar
// tensor. All are on the same device.
inline Tensor pool_gradient(const Tensor& weights, const Tensor& x, const Tensor& factor) {
  const Tensor both_ways = weights + weights.t();
  return 2 * factor * (both_ways.sum(1, /*keepdim=*/true) * x - both_ways.mm(x));
}

}  // namespace massface
