#pragma once

#include "core/tensor.h"

namespace massface {

// Returns all squared L2 distances within a pool, differentiable.
//
// embeddings: [B, D], rows of unit length (other lengths are correct, too). Computed in float32, or in float64 if the
// embeddings are float64, also under autocast. Returns [B, B]: symmetric up to rounding, never negative, and exactly 0
// on the diagonal and between equal rows. float32 on the CPU is computed by kernels/pairwise_distances.h, everything
// else by LibTorch's products with the same arithmetic (near pairs summed from their differences). Throws
// Failure if an embedding is not finite: ordering by such distances would select triplets at random.
Tensor squared_distances(const Tensor& embeddings);

}  // namespace massface
