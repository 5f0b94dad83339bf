#pragma once

// The one header through which others name Tensor: torch/torch.h costs a translation unit 20 s, this one costs 3 s.
#include <ATen/core/Tensor.h>

namespace massface {
using at::Tensor;
}
