#pragma once

// The header through which others name Tensor. It costs a seventh of torch/torch.h (docs/architecture.md, "What a file
// costs").
#include <ATen/core/Tensor.h>

namespace massface {
using at::Tensor;
}
