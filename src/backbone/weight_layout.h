#pragma once

#include <vector>

#include "core/tensor.h"

// The weights of a convolution as kernels read them.
namespace massface {

// [C_out, kH, kW, C_in / groups]: what is in memory. Throws when the weight is not channels-last.
const float* channels_last_memory(const Tensor& weight);

// Of a depthwise convolution, [channels, 1, kH, kW]: as [kH * kW, channels], and the gradient back.
std::vector<float> tap_major(const Tensor& weight);
void store_tap_major(const std::vector<float>& gradient, Tensor& weight_gradient);

}  // namespace massface
