#pragma once

#include <torch/torch.h>

#include "backbone/backbone.h"
#include "core/tensor.h"

namespace massface {

// For tests: normally distributed numbers [batch, 3, height, width] in channels-last memory, the same every time.
inline Tensor random_images(int64_t batch, int64_t height, int64_t width) {
  torch::manual_seed(5);
  return torch::randn({batch, 3, height, width}).contiguous(at::MemoryFormat::ChannelsLast);
}

// For tests: the number of all numbers in the network's parameters.
inline int64_t num_parameters(const Backbone& network) {
  int64_t count = 0;
  for (const Tensor& parameter : network.parameters()) count += parameter.numel();
  return count;
}

// For tests: a network of the same kind and size with the same weights. `options` may differ in how it computes.
inline std::shared_ptr<Backbone> copy_of(const Backbone& network, const BackboneOptions& options, int64_t height,
                                         int64_t width) {
  const auto copy = make_backbone(options, height, width, std::nullopt);
  const at::NoGradGuard no_grad;
  const auto parameters = network.named_parameters(), buffers = network.named_buffers();
  for (const auto& item : copy->named_parameters()) item.value().copy_(parameters[item.key()]);
  for (const auto& item : copy->named_buffers()) item.value().copy_(buffers[item.key()]);
  return copy;
}

// For tests of every network: the side of small square images that it takes, so that large networks are tested in
// seconds.
inline int64_t small_size(const std::string& name) { return name == "inception_resnet_v1" ? 80 : 32; }

}  // namespace massface
