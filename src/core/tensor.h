#pragma once

// The one place that decides what a header pays to say "Tensor": torch/torch.h costs a translation unit 20 s,
// this costs 3 s.
#include <ATen/core/Tensor.h>

namespace massface {
using at::Tensor;
}
