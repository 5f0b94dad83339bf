#pragma once

#include <memory>
#include <vector>

#include "backbone/fused_layers.h"
#include "backbone/fused_network.h"
#include "backbone/layer_clock.h"
#include "kernels/packing.h"

namespace massface {

// What one forward pass leaves for its backward pass.
struct FusedPass {
  FusedPass(int64_t batch_size, Storage stored, int64_t bytes)
      : batch(batch_size), storage(stored), memory(bytes / int64_t{sizeof(float)}) {}

  int64_t batch;
  Storage storage;       // of the activations and their gradients
  AlignedFloats memory;  // all that the layers' pointers lead to
  std::vector<LayerMemory> layers;
  std::vector<Values> gradients;  // three buffers as large as the largest layer
  Tensor images;
};

// The layers in their order, where each keeps what, and the two walks through them.
class FusedPlan {
 public:
  FusedPlan(std::vector<std::unique_ptr<FusedLayer>> layers, std::vector<int64_t> residual_from);

  // A pass with memory for this batch: one that is no longer used, or a new one.
  std::shared_ptr<FusedPass> begin(int64_t batch, Storage storage);

  // Writes the values of the last layer to embeddings [batch, channels] (one pixel an image).
  void forward(FusedPass& pass, const Tensor& images, float* embeddings) const;
  // embedding_gradient: [batch, channels]. The gradients of each layer's parameters, in the order of the layers.
  std::vector<LayerGradients> backward(FusedPass& pass, const float* embedding_gradient) const;

  void time_layers(LayerClock* clock) { clock_ = clock; }

  const std::vector<std::unique_ptr<FusedLayer>>& layers() const { return layers_; }
  std::array<int64_t, 2> image_size() const { return layers_.front()->input_size(); }

 private:
  int64_t channels(int64_t layer) const { return layers_[layer]->unit().shape().out_channels; }
  int64_t output_numbers(int64_t layer, int64_t batch) const;
  void lay_out(FusedPass& pass) const;
  LayerOutput output(const FusedPass& pass, int64_t layer) const;
  FusedLayer::Reads reads(const FusedPass& pass, int64_t layer) const;
  void follow(const ChannelMoments& moments, int64_t rows, int64_t layer, NormState& norm) const;

  std::vector<std::unique_ptr<FusedLayer>> layers_;
  std::vector<int64_t> residual_from_;
  std::vector<uint8_t> keeps_input_;
  LayerClock* clock_ = nullptr;
  std::vector<std::shared_ptr<FusedPass>> passes_;  // those in use elsewhere, too
};

}  // namespace massface
