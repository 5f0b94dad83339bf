#pragma once

#include <torch/torch.h>

#include <array>
#include <memory>
#include <optional>

#include "backbone/batch_norm.h"
#include "core/random.h"
#include "core/tensor.h"

namespace massface {

class TracedValue;

// What follows BatchNorm: nothing, PReLU with a slope per channel, or ReLU.
enum class Activation { kLinear, kPRelu, kRelu };

struct ConvShape {
  int64_t in_channels;
  int64_t out_channels;
  int64_t kernel_height = 1;
  int64_t kernel_width = 1;
  int64_t stride = 1;
  int64_t padding_height = 0;
  int64_t padding_width = 0;
  int64_t groups = 1;

  bool operator==(const ConvShape&) const = default;

  // The kinds that have kernels of their own: 1x1; depthwise 3x3 with one pixel of zero padding, stride 1 or 2;
  // depthwise with a kernel as large as its input; 3x3 over images with stride 2.
  enum class Kind { kPointwise, kDepthwise, kGlobalDepthwise, kStem, kOther };
  // input: [height, width], in pixels.
  Kind kind(std::array<int64_t, 2> input) const;
};

ConvShape pointwise(int64_t in_channels, int64_t out_channels);
// With one pixel of zero padding.
ConvShape conv_3x3(int64_t in_channels, int64_t out_channels, int64_t stride = 1);
ConvShape depthwise_3x3(int64_t channels, int64_t stride);

// A fully connected layer: the kernel is as large as its input, [height, width].
ConvShape fully_connected(int64_t in_channels, int64_t out_channels, std::array<int64_t, 2> input);

// The parts of a unit beside its convolution.
struct UnitForm {
  Activation activation = Activation::kPRelu;
  bool bias = false;                                         // of the convolution
  std::optional<BatchNormOptions> norm{BatchNormOptions()};  // nothing: no BatchNorm
  double initial_deviation = 0;                              // of the convolution's weights; 0: that of draw_weights()
};

// Convolution, BatchNorm and activation, of which the last two and the convolution's bias are optional: the building
// block of all networks. Its weights, in this order: conv.weight [C_out, C_in / groups, kH, kW], conv.bias,
// norm.weight, norm.bias, prelu.weight, and the buffers norm.running_mean, norm.running_var (all others [C_out]).
class ConvUnit : public torch::nn::Module {
 public:
  // Without bias and with BatchNorm (eps 1e-5), as in most networks.
  ConvUnit(const ConvShape& shape, Activation activation) : ConvUnit(shape, UnitForm{.activation = activation}) {}
  ConvUnit(const ConvShape& shape, const UnitForm& form);

  // x: [B, C_in, H, W], channels-last. Updates the running statistics in training mode with kBatch and kSynchronised.
  Tensor forward(const Tensor& x);
  // Records the unit (backbone/network_trace.h).
  TracedValue forward(const TracedValue& x) const;

  // Draws the weights of the convolution from a normal distribution of variance 2 / (kH * kW * C_out / groups), unless
  // the form has another deviation. random: at its start.
  void draw_weights(const Random& random);

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
    Tensor weight;
    Tensor bias;                                         // undefined without one
    Tensor gamma, beta, running_mean, running_variance;  // undefined without BatchNorm
    Tensor slope;                                        // undefined unless the activation is PReLU
    Tensor folded_bias;                                  // defined after fold(), which folds BatchNorm into the weight
  };
  Parts parts() const;
  // Null if there is none.
  BatchNorm* norm() const { return norm_.get(); }
  Activation activation() const { return form_.activation; }

 private:
  Tensor convolved(const Tensor& x, const Tensor& bias) const;

  ConvShape shape_;
  UnitForm form_;
  Tensor weight_;
  Tensor bias_;  // undefined without one
  std::shared_ptr<BatchNorm> norm_;
  Tensor slope_;        // undefined unless the activation is PReLU
  Tensor folded_bias_;  // defined after fold()
};

// Follows the size of an image through units, and counts their multiply-adds.
struct SizeWalk {
  std::array<int64_t, 2> size;  // [height, width]
  int64_t multiply_adds = 0;

  // The image passes through the unit.
  void pass(const ConvUnit& unit) {
    size = unit.output_size(size);
    multiply_adds += unit.multiply_adds(size);
  }
  // Adds the work of a branch that begins here: `branch` is called with a walk of its own.
  template <typename Branch>
  void beside(const Branch& branch) {
    SizeWalk own{size};
    branch(own);
    multiply_adds += own.multiply_adds;
  }
};

}  // namespace massface
