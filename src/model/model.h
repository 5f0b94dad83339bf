#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "backbone/backbone.h"
#include "core/tensor.h"
#include "tensor_file/safetensors.h"

namespace massface {

// The format of the images that the network takes. Stored with the weights.
struct InputFormat {
  int64_t height = 112;
  int64_t width = 112;
  std::string channel_order = "rgb";  // or "bgr"
  double mean = 127.5;                // a pixel x becomes (x - mean) / scale
  double scale = 128.0;

  void describe(OptionTable& table);
};

// A network with its weights, normalisation, input size and channel order, which are always made, saved, loaded and
// used together.
struct Model {
  // embedding_size is resolved, never 0. The kernels, the memory budget and dropout are those of `network`:
  // choose_kernels().
  BackboneOptions backbone;
  InputFormat input;
  std::shared_ptr<Backbone> network;
};

// seed: see make_backbone().
Model make_model(BackboneOptions backbone, const InputFormat& input, std::optional<uint64_t> seed);

// Converts images (uint8 [B, H, W, 3] RGB) to the network's input: float channels-last [B, 3, H, W], normalised, on the
// network's device. Throws Error if H x W is not the model's input size.
Tensor network_input(const Model& model, const Tensor& images);

// images: uint8 [B, H, W, 3] RGB, on the CPU or the network's device. Returns the raw embeddings float32 [B, D], with
// gradient if grad mode is on. The input becomes float channels-last on the network's device; with bf16 the
// convolutions run in bf16. Throws Error if H x W is not the model's input size.
Tensor forward(const Model& model, const Tensor& images, bool bf16 = false);
// Like forward(), but takes the result of network_input().
Tensor forward_pixels(const Model& model, const Tensor& pixels, bool bf16);

// Returns the weights (parameters and buffers by their dotted names) and the metadata {"format": "massface-model-1",
// "backbone", "embedding_size", "input_height", ...}, from which load_model rebuilds the whole model.
NamedTensors to_tensors(const Model& model);
// A file of weights does not say how to compute: the kernels, the memory budget and dropout are the defaults until
// choose_kernels() is called.
Model from_tensors(const NamedTensors& tensors, const std::string& source);
// The same, ready to compute: on the device, with the kernels and the memory budget of `wanted`.
Model from_tensors(const NamedTensors& tensors, const std::string& source, const BackboneOptions& wanted,
                   at::Device device);

// Returns a model with weights of its own, equal to these, on the same device and with the same kernels.
Model copy_of(const Model& model);

// Sets the kernels, the memory budget and the dropout of the model's network, and the kernels of every Embedder that is
// made of it; the name and the size in `wanted` are ignored. Throws Error as Backbone::choose_kernels() and
// set_dropout() do.
void choose_kernels(Model& model, const BackboneOptions& wanted);

// The file model.safetensors. load_model throws Error, which names the file, if it is not a MassFace model, if the
// backbone is unknown, and if a tensor is missing, surplus or of another shape.
void save_model(const std::filesystem::path& path, const Model& model);
Model load_model(const std::filesystem::path& path);

}  // namespace massface
