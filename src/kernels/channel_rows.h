#pragma once

#include <cstdint>

#include "kernels/values.h"

// What BatchNorm and PReLU ask of rows of `channels` interleaved floats (one row a pixel, as channels-last memory has
// them), for rows that a fused layer has just made or is about to read: they are in the cache, so none of these is a
// pass over memory. With the vector instructions of this processor; each channel's sums are taken in the order of the
// rows, whatever the width of the vectors.
namespace massface {

// BatchNorm with known statistics and PReLU, as one function of the convolution's output x:
// a(x) = z where z > 0, else slope * z, with z = scale * x + shift. Each has `channels` floats; slope is null where
// there is no PReLU.
struct ChannelActivation {
  const float* scale;
  const float* shift;
  const float* slope;
};

// a[r][c] = activation(x[r][c]) + added[r][c]; added, stored as x is, may be null.
void activate_rows(ConstValues x, const ChannelActivation& activation, ConstValues added, Values a, int64_t rows,
                   int64_t channels);

// Sums over rows of x[r][c] - origin[c] and of its square, added to sum and square_sum [channels].
void add_moments(ConstValues x, const float* origin, float* sum, float* square_sum, int64_t rows, int64_t channels);

// With g = dL/da and dz = g where z > 0, else slope * g, adds over rows, for each channel:
// (g is stored as x is)
//   shift_gradient += dz,   scale_gradient += dz * (x - mean),   slope_gradient += g * z where z <= 0.
struct ChannelSums {
  float* shift_gradient;
  float* scale_gradient;
  float* slope_gradient;  // null where there is no PReLU
};
void add_gradient_sums(ConstValues g, ConstValues x, const ChannelActivation& activation, const float* mean,
                       const ChannelSums& sums, int64_t rows, int64_t channels);

// dL/dx of the whole layer's BatchNorm: dx = scale * dz + through_x * x + constant (Ioffe and Szegedy, "Batch
// normalization", ICML 2015, with the two means over the batch worked out beforehand).
struct ChannelGradient {
  const float* through_x;  // [channels]
  const float* constant;   // [channels]
};
void gradient_rows(ConstValues g, ConstValues x, const ChannelActivation& activation, const ChannelGradient& gradient,
                   float* dx, int64_t rows, int64_t channels);

// to = from, and to += from; from and to may be stored differently.
void copy_values(ConstValues from, Values to, int64_t numbers);
void add_values(ConstValues from, Values to, int64_t numbers);

}  // namespace massface
