#pragma once

#include "core/tensor.h"

namespace massface {

// y = x where x > 0, else slope[c] * x: He et al., "Delving deep into rectifiers", ICCV 2015, with one slope a channel.
// x: [B, C, H, W]; slope: [C]. Differentiable. float32 tensors in channels-last memory on the CPU take our vectorised
// kernel, whose results, the slope's gradient included, do not depend on the number of threads or on the processor;
// everything else takes at::prelu (with the slope cast to x's dtype), the reference twin.
Tensor prelu(const Tensor& x, const Tensor& slope);

// The same over x's own memory, without gradient.
void prelu_in_place(Tensor& x, const Tensor& slope);

}  // namespace massface
