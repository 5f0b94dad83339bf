#pragma once

#include <cstdint>

#include "kernels/values.h"

// The BatchNorm and PReLU arithmetic on rows of `channels` interleaved numbers (one row per pixel, as in channels-last
// memory), with the vector instructions of this processor. It is meant for rows that a fused layer has just made or is
// about to read: they are in the cache, so none of these functions is a pass over memory. Each channel's sums are taken
// in the order of the rows, whatever the width of the vectors.
namespace massface {

// BatchNorm with known statistics and PReLU, as one function of the convolution's output x: a(x) = z if z > 0, else
// slope * z, with z = scale * x + shift. Each array has `channels` floats; slope is null if there is no PReLU.
struct ChannelActivation {
  const float* scale;
  const float* shift;
  const float* slope;
};

// a[r][c] = activation(x[r][c]) + added[r][c]. added has the storage of x and may be null.
void activate_rows(ConstValues x, const ChannelActivation& activation, ConstValues added, Values a, int64_t rows,
                   int64_t channels);

// Adds the sums over rows of x[r][c] - origin[c] and of its square to sum and square_sum, [channels] each.
void add_moments(ConstValues x, const float* origin, float* sum, float* square_sum, int64_t rows, int64_t channels);

// The sums of add_gradient_sums, [channels] each.
struct ChannelSums {
  float* shift_gradient;
  float* scale_gradient;
  float* slope_gradient;  // null if there is no PReLU
};

// With g = dL/da, stored as x is, and dz = g if z > 0, else slope * g, adds over rows, for each channel:
//   shift_gradient += dz,   scale_gradient += dz * (x - mean),   slope_gradient += g * z where z <= 0.
void add_gradient_sums(ConstValues g, ConstValues x, const ChannelActivation& activation, const float* mean,
                       const ChannelSums& sums, int64_t rows, int64_t channels);

// The coefficients of dL/dx through the layer's BatchNorm: dx = scale * dz + through_x * x + constant (Ioffe and
// Szegedy, "Batch normalization", ICML 2015, with the two means over the batch computed beforehand).
struct ChannelGradient {
  const float* through_x;  // [channels]
  const float* constant;   // [channels]
};

// Computes dx [rows, channels], with g and dz as in add_gradient_sums.
void gradient_rows(ConstValues g, ConstValues x, const ChannelActivation& activation, const ChannelGradient& gradient,
                   float* dx, int64_t rows, int64_t channels);

// to = from. The two may have different storage.
void copy_values(ConstValues from, Values to, int64_t numbers);

// to += from. The two may have different storage.
void add_values(ConstValues from, Values to, int64_t numbers);

}  // namespace massface
