#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "backbone/backbone.h"
#include "core/tensor.h"
#include "tensor_file/safetensors.h"

namespace massface {

// What an image has to be before the network sees it. Travels with the weights.
struct InputFormat {
  int64_t height = 112;
  int64_t width = 112;
  std::string channel_order = "rgb";  // or "bgr"
  double mean = 127.5;                // a pixel x becomes (x - mean) / scale
  double scale = 128.0;

  void describe(OptionTable& table);
};

// Network, weights, normalisation, input size and channel order: one thing that is made, saved, loaded and embedded
// with everywhere.
struct Model {
  BackboneOptions backbone;  // embedding_size resolved, never 0
  InputFormat input;
  std::shared_ptr<Backbone> network;
};

Model make_model(BackboneOptions backbone, const InputFormat& input, uint64_t seed);

// What the network sees of images (uint8 [B, H, W, 3] RGB): float channels-last [B, 3, H, W] on its device, normalised.
// Throws Error when H x W is not the model's input size.
Tensor network_input(const Model& model, const Tensor& images);

// images: uint8 [B, H, W, 3] RGB, on the CPU or the network's device. Returns the raw embeddings float32 [B, D], with
// gradient when grad mode is on. The input becomes float channels-last on the network's device; under bf16 the
// convolutions run in bf16. Throws Error when H x W is not the model's input size.
Tensor forward(const Model& model, const Tensor& images, bool bf16 = false);
// The same from network_input()'s pixels.
Tensor forward_pixels(const Model& model, const Tensor& pixels, bool bf16);

// Weights (parameters and buffers by their dotted names) and metadata {"format": "massface-model-1", "backbone",
// "embedding_size", "input_height", ...} that load_model rebuilds everything from.
NamedTensors to_tensors(const Model& model);
Model from_tensors(const NamedTensors& tensors, const std::string& source);

// model.safetensors. load_model throws Error that names the file: not a MassFace model, an unknown backbone, a tensor
// that is missing, surplus or of another shape.
void save_model(const std::filesystem::path& path, const Model& model);
Model load_model(const std::filesystem::path& path);

}  // namespace massface
