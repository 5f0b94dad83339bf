#pragma once

#include <array>

#include "kernels/fused_layer.h"

namespace massface {

// A depthwise 3x3 convolution with one pixel of zero padding, over a batch of images.
struct DepthwiseShape {
  int64_t batch, height, width;  // of the input
  int64_t stride;                // 1 or 2
  int64_t channels;

  int64_t out_height() const { return (height - 1) / stride + 1; }
  int64_t out_width() const { return (width - 1) / stride + 1; }
};

// Returns the strips of the input and of the output: one image per strip.
Strips input_strips(const DepthwiseShape& shape);
Strips output_strips(const DepthwiseShape& shape);

// Computes x [batch * out_height * out_width, channels], the convolution of the value of `before` with weights [9,
// channels] (laid out as in kernels/depthwise_rows.h). Returns the moments of x. Runs on all threads.
ChannelMoments depthwise_forward(const DepthwiseShape& shape, const LayerOutput& before, const float* weights,
                                 Values x);

// Computes the gradients of the same layer. weight_gradient: [9, channels], overwritten; its sums do not depend on the
// number of threads.
void depthwise_backward(const DepthwiseShape& shape, const LayerOutput& output, const LayerGradient& gradient,
                        const LayerOutput& before, const float* weights, const InputGradient& input,
                        float* weight_gradient);

// A depthwise convolution with a kernel as large as its input, which leaves one pixel per image: computes x [batch,
// channels] from rows [batch * pixels, channels] and weights [pixels, channels]. Returns the moments of x.
ChannelMoments global_depthwise_forward(int64_t batch, int64_t pixels, const LayerOutput& before, const float* weights,
                                        Values x);
void global_depthwise_backward(int64_t batch, int64_t pixels, const LayerOutput& output, const LayerGradient& gradient,
                               const LayerOutput& before, const float* weights, const InputGradient& input,
                               float* weight_gradient);

}  // namespace massface
