#pragma once

#include <vector>

#include "core/tensor.h"

// The weights of a convolution in the layouts that kernels read.
namespace massface {

// Returns the memory of the weight, [C_out, kH, kW, C_in / groups]. The weight must be channels-last.
const float* channels_last_memory(const Tensor& weight);

// Converts the weight of a depthwise convolution, [channels, 1, kH, kW], to [kH * kW, channels].
std::vector<float> tap_major(const Tensor& weight);
// Converts a gradient [kH * kW, channels] back and writes it to weight_gradient [channels, 1, kH, kW].
void store_tap_major(const std::vector<float>& gradient, Tensor& weight_gradient);

}  // namespace massface
