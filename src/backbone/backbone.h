#pragma once

#include <torch/torch.h>

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "backbone/conv_unit.h"
#include "backbone/dropout.h"
#include "backbone/folded_network.h"
#include "backbone/fused_network.h"
#include "backbone/network_trace.h"
#include "core/options.h"
#include "core/tensor.h"

namespace massface {

struct BackboneOptions {
  std::string name = "mobilefacenet_massface";
  int64_t embedding_size = 0;    // 0: the network's own default
  std::string kernels = "fast";  // or "reference"
  int64_t memory_budget = 0;     // megabytes; 0: no limit
  double dropout = 0;            // the rate before the embedding layer

  void describe(OptionTable& table);
};

// A network from normalised images to embeddings that are not yet of unit length. It consists of ConvUnits
// (backbone/conv_unit.h) and perhaps BatchNorms, registered in the order in which an image passes through them, and of
// their connections.
class Backbone : public torch::nn::Module {
 public:
  // images: float [B, 3, height, width], channels-last in memory. Returns float [B, embedding_size()].
  Tensor forward(const Tensor& images);
  virtual int64_t embedding_size() const = 0;
  // Sets the mode of every BatchNorm; see BatchNormMode. processes: those that train together.
  void set_batch_norm(BatchNormMode mode, std::shared_ptr<Processes> processes = single_process());
  // The running statistics that follow this process's share of each batch alone (BatchNormMode::kBatch), and so differ
  // between the processes of a training. Empty for the other modes.
  std::vector<Tensor> statistics_of_share() const;
  // Returns whether a process must take part in every training pass, even without images.
  bool normalises_together() const { return mode_ == BatchNormMode::kSynchronised; }
  // Replaces the forward pass by one for inference only: BatchNorm is folded into the convolution before it, and other
  // linear layers are joined. Needs eval mode. A second call does nothing. Afterwards the network can neither be
  // trained nor saved.
  virtual void fold_for_inference();
  // Sets the kernels and the memory budget.
  // "fast": images that fused layers can take go through them, in training (backbone/fused_network.h) and, when folded,
  // in inference (backbone/folded_network.h). "reference": all images go layer by layer.
  // The memory budget limits a fused training pass: the backward pass computes activations that do not fit a second
  // time, to the same bits. Throws Error for any other name, and for a memory budget with "reference".
  void choose_kernels(const BackboneOptions& options);
  // Sets the rate of dropout before the embedding layer, which acts in training alone. Throws Error unless it is in
  // [0, 1).
  void set_dropout(double rate);
  // Determines the random numbers of the training passes that follow, which are the same in all of them.
  void draw_dropout(const DropoutDraw& draw) { draw_ = draw; }
  // Throws Error if the memory budget is too small for a training pass with a batch of `batch` images [height, width].
  void require_memory(int64_t batch, std::array<int64_t, 2> image_size, bool bf16);
  // Makes every later fused pass add the times of its layers to the clock, until this is called with null. The
  // layer-by-layer pass is not timed.
  void time_layers(LayerClock* clock);
  // Lets every later fused backward pass announce its gradients; see FusedNetwork::announce_gradients. The
  // layer-by-layer pass does not.
  void announce_gradients(const GradientReady& ready);
  // Returns the pass of evaluation mode as a list of operations, which refer to the network's layers: folded ones after
  // fold_for_inference().
  NetworkTrace trace();
  // Returns the layers in order if each reads the output of the one before, else nothing.
  virtual std::vector<NetworkLayer> layers() const { return {}; }
  // Returns the multiply-adds of the convolutions for one image of this size, [height, width]. Networks whose units are
  // not all in one row override it.
  virtual int64_t multiply_adds(std::array<int64_t, 2> image_size) const;
  // Returns the share of multiply_adds() that the fused training pass computes with fused kernels rather than with
  // PyTorch's convolutions: 0 without such a pass, or with kernels "reference".
  double fused_share(std::array<int64_t, 2> image_size);

 protected:
  // The layer-by-layer forward pass. The input of the embedding layer must pass through dropped().
  virtual Tensor forward_layers(const Tensor& images) = 0;
  // The same pass, recorded; returns the embedding as [B, D, 1, 1].
  virtual TracedValue trace_layers(const TracedValue& images) = 0;
  // Returns x, [B, C, H, W], after dropout if there is any in this pass.
  Tensor dropped(const Tensor& x) const;
  static const TracedValue& dropped(const TracedValue& x) { return x; }

 private:
  // Return null if the network has no such pass for this image size.
  FusedNetwork* fused_for(std::array<int64_t, 2> image_size);
  Tensor forward_fused(FusedNetwork& network, const Tensor& images);
  const FoldedNetwork* folded_for(std::array<int64_t, 2> image_size, Storage storage);

  bool fast_ = true, folded_ = false;
  BatchNormMode mode_ = BatchNormMode::kBatch;
  LayerClock* clock_ = nullptr;
  GradientReady ready_;
  int64_t memory_budget_ = 0;  // bytes
  double dropout_ = 0;
  DropoutDraw draw_;
  std::unique_ptr<FusedNetwork> fused_;
  std::mutex mutex_;  // guards for_inference_: inference may run on several threads
  std::vector<std::unique_ptr<FoldedNetwork>> for_inference_;
};

// Returns whether a parameter, by its name, belongs to the layers behind the network's global pooling or convolution:
// every network calls them "embedding" and, if there are two, "head_linear".
bool is_embedding_layer(std::string_view parameter);

// "fast", "reference": see Backbone::choose_kernels.
std::vector<std::string> kernel_names();

// Returns the names of all networks. Adding a network takes one file and one line in backbone.cpp.
std::vector<std::string> backbone_names();
int64_t default_embedding_size(const std::string& name);

// input_height, input_width: pixels; which sizes a network takes is stated in its header and in docs/backbones.md.
// The parameters are drawn from (seed, RandomStream::kParameterInit, index of the parameter), on the CPU. Without a
// seed they are not drawn, for a network that takes over the weights of another. Throws Error for an unknown name or a
// size that the network cannot take.
std::shared_ptr<Backbone> make_backbone(const BackboneOptions& options, int64_t input_height, int64_t input_width,
                                        std::optional<uint64_t> seed);

// Returns the floating-point operations of the convolutions in one forward pass of one image, two per multiply-add. A
// training step takes three times as many (for the gradients of the inputs and of the weights).
double flops_per_image(const Backbone& network, int64_t input_height, int64_t input_width);

}  // namespace massface
