#pragma once

#include <memory>

#include "backbone/fused_layers.h"

namespace massface {

// A layer of any shape in a fused pass: PyTorch's convolution between the same kernels of BatchNorm and PReLU, with the
// passes over memory that the fused forms save. It is the fallback for layers without a fused form, and the reference
// that fused forms are compared with.
std::unique_ptr<FusedLayer> make_reference_layer(const ConvUnit& unit, std::array<int64_t, 2> input);

}  // namespace massface
