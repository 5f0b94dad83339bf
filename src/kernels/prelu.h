#pragma once

#include "core/tensor.h"

namespace massface {

// Computes y = x if x > 0, else slope[c] * x: He et al., "Delving deep into rectifiers", ICCV 2015, with one slope per
// channel. x: [B, C, H, W]; slope: [C]. Differentiable. float32 tensors in channels-last memory on the CPU use our
// vectorised kernel, whose results, including the slope's gradient, do not depend on the number of threads or on the
// processor. All others use at::prelu (with the slope cast to x's dtype), the reference twin.
Tensor prelu(const Tensor& x, const Tensor& slope);

// The same in place, without gradient.
void prelu_in_place(Tensor& x, const Tensor& slope);

}  // namespace massface
