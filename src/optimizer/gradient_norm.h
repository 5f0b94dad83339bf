#pragma once

#include <vector>

#include "core/tensor.h"

namespace massface {

// The L2 norm of all tensors together, summed in float64; on the CPU in an order that does not depend on the number of
// threads. float32, all on one device, at least one. A float64 scalar beside them; the host does not wait for a GPU.
Tensor gradient_norm(const std::vector<Tensor>& gradients);

}  // namespace massface
