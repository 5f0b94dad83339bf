#pragma once

#include <memory>
#include <vector>

#include "backbone/conv_unit.h"
#include "kernels/fused_depthwise.h"
#include "kernels/fused_pointwise.h"

namespace massface {

// The state of BatchNorm in a layer's pass over one batch. Without BatchNorm, the scale is 1 and the shift the bias.
struct NormState {
  bool by_batch = true;                                      // normalised by the batch's own statistics
  int64_t rows = 0;                                          // of the batch, in all processes that normalise together
  std::vector<float> mean, inverse_deviation, scale, shift;  // [channels]
};

// Where a layer keeps what its backward pass needs, [rows, channels] each.
struct LayerMemory {
  Values x;     // its output
  Values kept;  // its input, or null if that is not needed again
  NormState norm;
};

// Returns what is added to a layer's scaled output: BatchNorm's beta, else the convolution's bias, else nothing.
inline const Tensor& shift_of(const ConvUnit::Parts& parts) { return parts.gamma.defined() ? parts.beta : parts.bias; }

// The gradients of a layer's parameters, each in the memory layout of its parameter; undefined if it has none.
struct LayerGradients {
  Tensor weight, gamma, shift, slope;
};

// A layer of the fused pass: a ConvUnit with the kernels of its kind.
class FusedLayer {
 public:
  virtual ~FusedLayer() = default;
  // Returns null if the unit has no fused form for inputs of this size, [height, width]. The unit must outlive the
  // layer.
  static std::unique_ptr<FusedLayer> of(const ConvUnit& unit, std::array<int64_t, 2> input);

  // The input of a layer: `images` for the first layer, `input` for the others.
  struct Reads {
    const float* images = nullptr;  // [batch, height, width, 3]
    LayerInput input;
  };
  // Writes the output of the convolution to x and returns its moments.
  virtual ChannelMoments forward(int64_t batch, const Reads& reads, Values x) const = 0;
  // Overwrites weight_gradient, a tensor like the unit's weight.
  virtual void backward(int64_t batch, const Reads& reads, const LayerOutput& output, const LayerGradient& gradient,
                        const InputGradient& input, Tensor& weight_gradient) const = 0;

  std::array<int64_t, 2> input_size() const { return input_; }
  std::array<int64_t, 2> output_size() const { return unit_.output_size(input_); }
  int64_t output_rows(int64_t batch) const { return batch * output_size()[0] * output_size()[1]; }
  int64_t input_rows(int64_t batch) const { return batch * input_[0] * input_[1]; }
  const ConvUnit& unit() const { return unit_; }
  // Returns whether its convolution is one of our kernels.
  virtual bool is_fused() const { return true; }
  // Returns whether the layer can keep its input and can add to a gradient of it, as it must if a residual ends or
  // begins at its input.
  virtual bool takes_residual() const { return false; }
  // Returns the strips for the sums over its input.
  virtual Strips input_strips(int64_t batch) const = 0;

 protected:
  FusedLayer(const ConvUnit& unit, std::array<int64_t, 2> input) : unit_(unit), input_(input) {}
  const ConvUnit& unit_;
  std::array<int64_t, 2> input_;
};

}  // namespace massface
