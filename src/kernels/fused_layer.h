#pragma once

#include <cstdint>

#include "kernels/channel_rows.h"
#include "kernels/strips.h"

// Layers that are fused with the BatchNorm and PReLU around them. Between two layers only the convolution's output x is
// written to memory. Its moments are summed while it is in the cache; the next layer applies BatchNorm and PReLU to
// each block that it reads. In the backward pass, the gradient g of the activated output passes through BatchNorm and
// PReLU in the same way, and the sums needed for this are taken while the next layer writes g. docs/performance.md has
// a diagram.
//
// Activations are float32 or bfloat16 (kernels/values.h), the same throughout a network, and channels-last: [rows,
// channels], one row per pixel of each image of the batch.
namespace massface {

// A convolution's output and the BatchNorm and PReLU after it. Its value is activation(x).
struct LayerOutput {
  ConstValues x;
  int64_t channels = 0;
  ChannelActivation activation{};
  const float* mean = nullptr;  // [channels], subtracted by BatchNorm
};

// The input of a layer: the value of the layer before, with a residual added if there is one.
struct LayerInput {
  LayerOutput before;
  ConstValues added;  // [rows, channels], the residual, or null
  Values kept;        // [rows, channels] or null: the forward pass writes the input there, the backward pass reads it
};

// The gradient with respect to a layer's value, and how it passes through BatchNorm.
struct LayerGradient {
  ConstValues g;  // [rows, channels]
  ChannelGradient through_norm{};
};

// Where the gradient with respect to a layer's input is written.
struct InputGradient {
  Values g;                        // [rows, channels of the input]; null if it is not needed
  bool add = false;                // adds to the contents of g, a residual's gradient
  GradientStrips* sums = nullptr;  // of the layer before, over the finished g
};

}  // namespace massface
