#pragma once

#include <memory>

#include "backbone/fused_layers.h"

namespace massface {

// A layer of any shape in a fused pass: PyTorch's convolution between the same kernels of BatchNorm and PReLU, with
// passes over memory that the fused forms save. What a layer falls back to, and what they are compared with.
std::unique_ptr<FusedLayer> make_reference_layer(const ConvUnit& unit, std::array<int64_t, 2> input);

}  // namespace massface
