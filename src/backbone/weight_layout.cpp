#include "backbone/weight_layout.h"

#include <ATen/ATen.h>

#include "core/error.h"

namespace massface {

const float* channels_last_memory(const Tensor& weight) {
  check(weight.is_contiguous(at::MemoryFormat::ChannelsLast), "weights are channels-last");
  return weight.const_data_ptr<float>();
}

std::vector<float> tap_major(const Tensor& weight) {
  const int64_t channels = weight.size(0), taps = weight.numel() / channels;
  const float* from = channels_last_memory(weight);
  std::vector<float> result(weight.numel());
  for (int64_t c = 0; c < channels; ++c) {
    for (int64_t k = 0; k < taps; ++k) result[k * channels + c] = from[c * taps + k];
  }
  return result;
}

void store_tap_major(const std::vector<float>& gradient, Tensor& weight_gradient) {
  const int64_t channels = weight_gradient.size(0), taps = weight_gradient.numel() / channels;
  float* to = weight_gradient.mutable_data_ptr<float>();
  for (int64_t c = 0; c < channels; ++c) {
    for (int64_t k = 0; k < taps; ++k) to[c * taps + k] = gradient[k * channels + c];
  }
}

}  // namespace massface
