#pragma once

#include "core/tensor.h"

namespace massface {

// All squared L2 distances within a pool, differentiable.
//
// embeddings: [B, D], rows of unit length (others are right as well). Computed in float32, or
// in float64 where they are float64, also under autocast. Returns [B, B]: symmetric up to rounding, never negative, and
// exactly 0 on the diagonal and between equal rows. float32 on the CPU: by kernels/pairwise_distances.h; elsewhere the
// same arithmetic (centred, near pairs summed from their differences) by LibTorch's products. Throws Failure when an
// embedding is not finite: ordering by such distances would select triplets at random.
Tensor squared_distances(const Tensor& embeddings);

}  // namespace massface
