#pragma once

#include <torch/torch.h>

#include <array>

#include "core/random.h"
#include "core/tensor.h"
#include "distributed/processes.h"

namespace massface {

// kLinear: only BatchNorm after the convolution; kPRelu: then PReLU.
enum class Activation { kLinear, kPRelu };

// What BatchNorm normalises by while the network trains, and which of its parameters learn:
//   kBatch         the batch's statistics; the running ones are updated; scale and shift learn. If several processes
//                  train together, each normalises its share of the batch by the statistics of that share
//   kSynchronised  the same, by the statistics of the whole batch of all processes
//   kRunning       the running statistics, which are not updated; scale and shift learn
//   kFrozen        the running statistics; nothing changes
enum class BatchNormMode { kBatch, kSynchronised, kRunning, kFrozen };

struct ConvShape {
  int64_t in_channels;
  int64_t out_channels;
  int64_t kernel_height = 1;
  int64_t kernel_width = 1;
  int64_t stride = 1;
  int64_t padding = 0;
  int64_t groups = 1;

  bool operator==(const ConvShape&) const = default;

  // The kinds that have kernels of their own: 1x1; depthwise 3x3 with one pixel of zero padding, stride 1 or 2;
  // depthwise with a kernel as large as its input; 3x3 over images with stride 2.
  enum class Kind { kPointwise, kDepthwise, kGlobalDepthwise, kStem, kOther };
  // input: [height, width], in pixels.
  Kind kind(std::array<int64_t, 2> input) const;
};

constexpr double kBatchNormEpsilon = 1e-5;
constexpr double kBatchNormMomentum = 0.1;

ConvShape pointwise(int64_t in_channels, int64_t out_channels);
ConvShape depthwise_3x3(int64_t channels, int64_t stride);

// Convolution without bias, BatchNorm (eps 1e-5, momentum 0.1), and optionally PReLU: the only building block of these
// networks. Its weights, in this order: conv.weight [C_out, C_in / groups, kH, kW], norm.weight, norm.bias,
// prelu.weight, and the buffers norm.running_mean, norm.running_var (all others [C_out]).
class ConvUnit : public torch::nn::Module {
 public:
  ConvUnit(const ConvShape& shape, Activation activation);

  // x: [B, C_in, H, W], channels-last. Updates the running statistics in training mode with kBatch and kSynchronised.
  Tensor forward(const Tensor& x);

  // The initial mode is kBatch. kFrozen clears requires_grad of norm.weight and norm.bias; the other modes set it
  // again.
  void set_batch_norm(BatchNormMode mode, std::shared_ptr<Processes> processes = single_process());

  // Draws the weights of the convolution from a normal distribution of variance 2 / (kH * kW * C_out / groups).
  void draw_weights(Random& random);

  // See Backbone::fold_for_inference.
  void fold();

  // Takes over the work of `before`, a linear 1x1 unit whose output only this 1x1 unit reads. Both must be folded.
  // W (V x + a) + b = (W V) x + (W a + b).
  void absorb(const ConvUnit& before);

  // Returns the size of the output [height, width] for an input of this size, in pixels.
  std::array<int64_t, 2> output_size(std::array<int64_t, 2> input) const;

  // Returns the multiply-adds of the convolution for one image with an output of this size.
  int64_t multiply_adds(std::array<int64_t, 2> output) const { return output[0] * output[1] * weight_.numel(); }

  const ConvShape& shape() const { return shape_; }

  // The tensors themselves, not copies.
  struct Parts {
    Tensor weight, gamma, beta, running_mean, running_variance;
    Tensor slope;        // undefined when linear
    Tensor folded_bias;  // defined after fold(), which folds BatchNorm into the weight
  };
  Parts parts() const { return {weight_, gamma_, beta_, running_mean_, running_variance_, slope_, folded_bias_}; }
  // Returns whether BatchNorm normalises by the batch's statistics and updates the running ones.
  bool normalises_by_batch() const {
    return is_training() && (batch_norm_ == BatchNormMode::kBatch || batch_norm_ == BatchNormMode::kSynchronised);
  }
  // The processes whose batches have their statistics in common; a single one unless the mode is kSynchronised.
  Processes& normalising_together() const { return *processes_; }

 private:
  Tensor forward_folded(const Tensor& x) const;

  ConvShape shape_;
  BatchNormMode batch_norm_ = BatchNormMode::kBatch;
  std::shared_ptr<Processes> processes_ = single_process();
  Tensor weight_;
  Tensor gamma_, beta_, running_mean_, running_variance_;
  Tensor slope_;        // undefined when linear
  Tensor folded_bias_;  // defined after fold()
};

}  // namespace massface
