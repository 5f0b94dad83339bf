#pragma once

#include <torch/torch.h>

#include <string>

#include "backbone/testing_images.h"
#include "export/compared_embeddings.h"
#include "model/model.h"

namespace massface {

// For tests: an untrained model whose shifts and slopes are not 0 and 1, so that each of them matters. PReLU's slopes
// are on both sides of 0 and of 1. The statistics of BatchNorm are those of faces, without which all faces would have
// nearly the same embedding, and a wrong one would pass for a right one.
inline Model varied_model(const std::string& backbone, InputFormat input) {
  constexpr int64_t kFaces = 16, kPasses = 12;
  Model model = make_model({.name = backbone}, input, 1);
  const at::NoGradGuard no_grad;
  torch::manual_seed(3);
  for (const auto& item : model.network->named_parameters()) {
    const bool is_slope = item.key().ends_with("prelu.weight"), is_bias = item.key().ends_with("conv.bias");
    if (item.value().dim() != 1) continue;
    item.value().add_((is_slope ? 0.5 : is_bias ? 0.02 : 0.2) * torch::randn_like(item.value()));
  }
  const Tensor faces = network_input(model, faces_to_compare(input, kFaces));
  model.network->train();
  for (int64_t pass = 0; pass < kPasses; ++pass) model.network->forward(faces);
  model.network->eval();
  return model;
}

// For tests: the same with small images, of a size that the network takes.
inline Model small_varied_model(const std::string& backbone) {
  const int64_t size = small_size(backbone);
  return varied_model(backbone, {.height = size, .width = size, .channel_order = "bgr", .mean = 120, .scale = 60});
}

}  // namespace massface
