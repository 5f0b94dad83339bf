#pragma once

#include <torch/torch.h>

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "backbone/conv_unit.h"
#include "backbone/folded_network.h"
#include "backbone/fused_network.h"
#include "core/options.h"
#include "core/tensor.h"

namespace massface {

struct BackboneOptions {
  std::string name = "mobilefacenet_massface";
  int64_t embedding_size = 0;    // 0: the network's own default
  std::string kernels = "fast";  // or "reference"
  int64_t memory_budget = 0;     // megabytes; 0: none

  void describe(OptionTable& table);
};

// A network from normalised images to embeddings that are not yet of unit length: ConvUnits (backbone/conv_unit.h),
// registered in the order in which an image passes them, and what connects them.
class Backbone : public torch::nn::Module {
 public:
  // images: float [B, 3, height, width], channels-last in memory. Returns float [B, embedding_size()].
  Tensor forward(const Tensor& images);
  virtual int64_t embedding_size() const = 0;
  // Of every ConvUnit: see BatchNormMode.
  void set_batch_norm(BatchNormMode mode);
  // Replaces the forward pass by one for inference alone: BatchNorm folded into the convolution before it, and
  // what else is linear joined. Needs eval mode; a second call does nothing; the network can not be trained or saved
  // afterwards.
  virtual void fold_for_inference();
  // "fast": images that fused layers can take go through them, in training (backbone/fused_network.h) and, when folded,
  // in inference (backbone/folded_network.h). "reference": all go layer by layer. With them comes the memory budget of
  // a fused training pass: activations that do not fit are computed a second time, to the same bits, by the backward
  // pass. Throws Error for another name.
  void choose_kernels(const BackboneOptions& options);
  // Throws Error where the memory budget is too small for a training pass with this batch of images [height, width].
  void require_memory(int64_t batch, std::array<int64_t, 2> image_size, bool bf16);
  // Every later fused pass adds the times of its layers to the clock, until null is given. Layer by layer nothing is
  // timed.
  void time_layers(LayerClock* clock);
  // The layers as they follow each other, or none where they do not.
  virtual std::vector<NetworkLayer> layers() const { return {}; }

 protected:
  // Layer by layer.
  virtual Tensor forward_layers(const Tensor& images) = 0;

 private:
  // Null where the network has none for this size.
  FusedNetwork* fused_for(std::array<int64_t, 2> image_size);
  const FoldedNetwork* folded_for(std::array<int64_t, 2> image_size, Storage storage);

  bool fast_ = true, folded_ = false;
  LayerClock* clock_ = nullptr;
  int64_t memory_budget_ = 0;  // bytes
  std::unique_ptr<FusedNetwork> fused_;
  std::mutex mutex_;  // of what follows: inference may come from several threads
  std::vector<std::unique_ptr<FoldedNetwork>> for_inference_;
};

// "fast", "reference": see Backbone::choose_kernels.
std::vector<std::string> kernel_names();

// "batch", "running", "frozen".
std::vector<std::string> batch_norm_names();
BatchNormMode parse_batch_norm(const std::string& name);

// The registry: a new network is one file and one line in backbone.cpp.
std::vector<std::string> backbone_names();
int64_t default_embedding_size(const std::string& name);

// input_height, input_width: pixels; which sizes a network takes is stated where it is made (mobilefacenet.h).
// The parameters are drawn from (seed, RandomStream::kParameterInit, index of the parameter), on the CPU.
// Throws Error for an unknown name or a size that the network cannot take.
std::shared_ptr<Backbone> make_backbone(const BackboneOptions& options, int64_t input_height, int64_t input_width,
                                        uint64_t seed);

// Floating-point operations of the convolutions in one forward pass of one image: two for a multiply-add. A training
// step takes three times as many (the gradients of the inputs and of the weights).
double flops_per_image(const Backbone& network, int64_t input_height, int64_t input_width);

}  // namespace massface
