#pragma once

#include <cstdint>

#include "kernels/read_ahead.h"

// One row of a depthwise 3x3 convolution with one pixel of zeros around, over rows of `channels` interleaved floats,
// with the vector instructions of this processor. An input row here is *padded*: it begins with the pixel of zeros left
// of the image and ends with the one right of it. weights: [9, channels], the kernel's rows and columns first.
namespace massface {

// out [out_width, channels] from the three input rows around it.
void depthwise_row(const float* const rows[3], const float* weights, float* out, int64_t out_width, int64_t stride,
                   int64_t channels, ReadAhead& ahead);

// The same for inference, with rows as they are in an image: not padded, the zeros outside of it are left out (a row
// above or below the image is a row of zeros). rows: [width, channels]; out [out_width, channels], stored as they are,
// = PReLU(bias + convolution) for bias, slope [channels]; slope null: without PReLU.
struct FoldedEnds {
  const float* bias;
  const float* slope;
};
void folded_depthwise_row(const ConstValues rows[3], const float* weights, const FoldedEnds& ends, Values out,
                          int64_t width, int64_t stride, int64_t channels);

// The gradient of one input row [width, channels] of a convolution with stride 2. Of the (at most two) output rows that
// it reaches: their padded gradients, and the kernel row that met it; null where there is none.
struct GradientTap {
  const float* dx = nullptr;
  int64_t kernel_row = 0;
};
void depthwise_input_gradient_row_of_stride_2(const GradientTap taps[2], const float* weights, float* out,
                                              int64_t width, int64_t channels, ReadAhead& ahead);

// weight_gradient [9, channels] += the products of one output row's gradient dx [out_width, channels] with the three
// input rows around it.
void depthwise_weight_gradient_row(const float* const rows[3], const float* dx, float* weight_gradient,
                                   int64_t out_width, int64_t stride, int64_t channels, ReadAhead& ahead);

}  // namespace massface
