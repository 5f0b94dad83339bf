#pragma once

#include <cstdint>

#include "kernels/read_ahead.h"

// Single rows of a depthwise 3x3 convolution with one pixel of zero padding, over rows of `channels` interleaved
// floats, with the vector instructions of this processor. An input row is *padded* unless stated otherwise: it begins
// with the pixel of zeros left of the image and ends with the one right of it. weights: [9, channels]; row 3 y + x
// holds row y and column x of the kernel.
namespace massface {

// Computes out [out_width, channels] from the three input rows around it.
void depthwise_row(const float* const rows[3], const float* weights, float* out, int64_t out_width, int64_t stride,
                   int64_t channels, ReadAhead& ahead);

// What follows the convolution in inference: PReLU(bias + convolution). bias, slope: [channels]; slope is null if there
// is no PReLU.
struct FoldedEnds {
  const float* bias;
  const float* slope;
};

// The same as depthwise_row for inference, with rows [width, channels] as they are in an image: they are not padded,
// and the zeros outside of the image are left out (a row above or below the image is a row of zeros). out [out_width,
// channels] has the storage of the rows.
void folded_depthwise_row(const ConstValues rows[3], const float* weights, const FoldedEnds& ends, Values out,
                          int64_t width, int64_t stride, int64_t channels);

// One output row that an input row contributes to. dx is its padded gradient, or null if there is no such row;
// kernel_row is the row of the kernel that met the input row.
struct GradientTap {
  const float* dx = nullptr;
  int64_t kernel_row = 0;
};

// Computes the gradient of one input row [width, channels] of a convolution with stride 2 from the (at most two) output
// rows that it contributes to.
void depthwise_input_gradient_row_of_stride_2(const GradientTap taps[2], const float* weights, float* out,
                                              int64_t width, int64_t channels, ReadAhead& ahead);

// weight_gradient [9, channels] += the products of one output row's gradient dx [out_width, channels] with the three
// input rows around it.
void depthwise_weight_gradient_row(const float* const rows[3], const float* dx, float* weight_gradient,
                                   int64_t out_width, int64_t stride, int64_t channels, ReadAhead& ahead);

}  // namespace massface
