#pragma once

#include <cstdint>

#include "kernels/channel_rows.h"
#include "kernels/strips.h"

// Layers that are fused with the BatchNorm and PReLU around them. Between two layers only the convolution's output x is
// written to memory. Its moments are summed while it is in the cache; the layer behind it applies BatchNorm and PReLU
// to each block that it reads. Backward, the gradient g of the activated output passes BatchNorm and PReLU in the same
// way, and the sums that this needs are taken while the layer behind writes g. docs/performance.md draws it.
//
// Activations are float32 or bfloat16 (kernels/values.h), all of a network alike, and channels-last: [rows, channels],
// a row for each pixel of each image of the batch.
namespace massface {

// A convolution's output and the BatchNorm and PReLU behind it: its value is activation(x).
struct LayerOutput {
  ConstValues x;
  int64_t channels = 0;
  ChannelActivation activation{};
  const float* mean = nullptr;  // [channels], what BatchNorm subtracts
};

// What a layer reads: the value of the layer before, perhaps with a residual.
struct LayerInput {
  LayerOutput before;
  ConstValues added;  // [rows, channels]
  Values kept;        // [rows, channels], with `added`: the forward pass writes the sum there, backward reads it
};

// The gradient that reaches a layer's value, and how it passes BatchNorm.
struct LayerGradient {
  ConstValues g;  // [rows, channels]
  ChannelGradient through_norm{};
};

// The gradient of what a layer reads: where it goes.
struct InputGradient {
  Values g;                        // [rows, channels of the input]; null where nobody asks for it
  bool add = false;                // to what is there: a residual's gradient
  GradientStrips* sums = nullptr;  // of the layer before, over the finished g
};

}  // namespace massface
