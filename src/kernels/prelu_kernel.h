#pragma once

#include <cstdint>

// PReLU over rows of `channels` interleaved floats (one row per pixel, as in channels-last memory), with the vector
// instructions of this processor. NaN counts as not positive, as in ATen.
namespace massface {

// y = x if x > 0, else slope * x. y may be x.
void prelu_forward_rows(const float* x, const float* slope, float* y, int64_t rows, int64_t channels);

// dx = dy if x > 0, else slope * dy. Adds to dslope [channels] the sum over rows of x * dy where x <= 0, in the order
// of the rows and separately for each channel: the same sum whatever the width of the vectors.
void prelu_backward_rows(const float* x, const float* slope, const float* dy, float* dx, float* dslope, int64_t rows,
                         int64_t channels);

}  // namespace massface
