#include "train/weight_average.h"

#include <torch/torch.h>

#include <algorithm>

namespace massface {
namespace {

constexpr const char* kPrefix = "weights.";

std::vector<std::pair<std::string, Tensor>> tensors_of(const Backbone& network) {
  std::vector<std::pair<std::string, Tensor>> list;
  for (const auto& parameter : network.named_parameters()) list.emplace_back(parameter.key(), parameter.value());
  for (const auto& buffer : network.named_buffers()) list.emplace_back(buffer.key(), buffer.value());
  return list;
}

}  // namespace

WeightAverage::WeightAverage(const Model& model, double decay) : decay_(decay), average_(copy_of(model)) {
  for (const auto& [name, tensor] : tensors_of(*model.network)) {
    names_.push_back(name);
    weights_.push_back(tensor.detach());
  }
  for (const auto& [_, tensor] : tensors_of(*average_.network)) averages_.push_back(tensor.detach());
}

void WeightAverage::update(int64_t step) {
  const torch::NoGradGuard no_grad;
  const double d = std::min(decay_, static_cast<double>(1 + step) / static_cast<double>(10 + step));
  at::_foreach_lerp_(averages_, weights_, 1 - d);
}

void WeightAverage::add_weights(NamedTensors& state) const {
  for (size_t i = 0; i < names_.size(); ++i) {
    state.tensors.emplace_back(kPrefix + names_[i], weights_[i].to(at::kCPU).clone(at::MemoryFormat::Contiguous));
  }
}

void WeightAverage::restore(const NamedTensors& state) {
  const torch::NoGradGuard no_grad;
  const bool was_averaged =
      std::ranges::any_of(state.tensors, [](const auto& named) { return named.first.starts_with(kPrefix); });
  if (!was_averaged) return;  // the average begins here
  for (size_t i = 0; i < names_.size(); ++i) {
    averages_[i].copy_(weights_[i]);
    weights_[i].copy_(state.at(kPrefix + names_[i]));
  }
}

}  // namespace massface
