#pragma once

#include <vector>

#include "core/tensor.h"

namespace massface {

// Returns the square of the L2 norm of all gradients together, summed in float64; on the CPU in an order that does not
// depend on the number of threads. gradients: float32, all on one device, at least one. The result is a float64 scalar
// on the same device; the host does not wait for a GPU.
Tensor squared_gradient_norm(const std::vector<Tensor>& gradients);

}  // namespace massface
