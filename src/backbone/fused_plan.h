#pragma once

#include <memory>
#include <vector>

#include "backbone/activation_layout.h"
#include "backbone/fused_layers.h"
#include "backbone/fused_network.h"
#include "backbone/layer_clock.h"
#include "kernels/packing.h"

namespace massface {

// The state that one forward pass leaves for its backward pass.
struct FusedPass {
  FusedPass(int64_t batch_size, Storage stored, int64_t bytes)
      : batch(batch_size), storage(stored), memory(bytes / int64_t{sizeof(float)}) {}

  int64_t batch;
  Storage storage;       // of the activations and their gradients
  AlignedFloats memory;  // everything that the layers' pointers point to
  std::vector<LayerMemory> layers;
  std::vector<Values> gradients;  // three buffers as large as the largest layer
  ActivationLayout layout;        // where the layers' outputs are stored, and which are computed again
  int64_t segment = -1;           // the one of layout.segments whose outputs are in the shared area
  Tensor images;
};

// The layers in order, the memory of each of them, and the forward and backward passes through them.
class FusedPlan {
 public:
  FusedPlan(std::vector<std::unique_ptr<FusedLayer>> layers, std::vector<int64_t> residual_from);

  // Limits the activations and gradients of a pass to this many bytes (0: no limit).
  void set_memory_budget(int64_t bytes);

  // Throws Error if the memory budget is too small for any pass with this batch.
  void require_memory(int64_t batch, Storage storage) const { lay_out(batch, storage); }

  // Returns a pass with memory for this batch: one that is no longer used, or a new one. Throws Error if the memory
  // budget is too small for any.
  std::shared_ptr<FusedPass> begin(int64_t batch, Storage storage);

  // Writes the values of the last layer to `last`, [rows, channels], one row per pixel of each image.
  void forward(FusedPass& pass, const Tensor& images, float* last) const;
  // gradient: of these values. Returns the gradients of each layer's parameters, in the order of the
  // layers.
  std::vector<LayerGradients> backward(FusedPass& pass, const float* gradient) const;

  void time_layers(LayerClock* clock) { clock_ = clock; }
  void announce_gradients(const GradientReady& ready) { ready_ = ready; }

  const std::vector<std::unique_ptr<FusedLayer>>& layers() const { return layers_; }
  std::array<int64_t, 2> image_size() const { return layers_.front()->input_size(); }

 private:
  int64_t channels(int64_t layer) const { return layers_[layer]->unit().shape().out_channels; }
  int64_t output_numbers(int64_t layer, int64_t batch) const;
  // The memory layout of a pass, in numbers: first the layers' outputs, then the kept inputs, then the gradients.
  struct Layout {
    ActivationLayout outputs;
    int64_t kept, largest;
  };
  Layout lay_out(int64_t batch, Storage storage) const;
  std::shared_ptr<FusedPass> make_pass(int64_t batch, Storage storage) const;
  void announce(int64_t layer, const LayerGradients& gradients) const;
  ChannelMoments compute(const FusedPass& pass, int64_t layer) const;
  void compute_again(FusedPass& pass, int64_t segment) const;
  LayerOutput output(const FusedPass& pass, int64_t layer) const;
  FusedLayer::Reads reads(const FusedPass& pass, int64_t layer) const;
  void follow(ChannelMoments moments, int64_t rows, int64_t layer, NormState& norm) const;

  std::vector<std::unique_ptr<FusedLayer>> layers_;
  std::vector<int64_t> residual_from_;
  std::vector<uint8_t> keeps_input_;
  LayerClock* clock_ = nullptr;
  GradientReady ready_;
  int64_t memory_budget_ = 0;                       // bytes
  std::vector<std::shared_ptr<FusedPass>> passes_;  // including those in use elsewhere
};

}  // namespace massface
