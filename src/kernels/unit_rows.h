#pragma once

#include "core/tensor.h"

namespace massface {

// Returns rows [N, D] of a float type, scaled to unit length (L2); a row of zeros stays zero. Differentiable, on any
// device.
Tensor unit_rows(const Tensor& rows);

}  // namespace massface
