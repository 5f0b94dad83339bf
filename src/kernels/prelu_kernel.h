#pragma once

#include <cstdint>

// PReLU over rows of `channels` interleaved floats (one row a pixel, as channels-last memory has them), with the vector
// instructions of this processor. NaN counts as not positive, as in ATen.
namespace massface {

// y may be x.
void prelu_forward_rows(const float* x, const float* slope, float* y, int64_t rows, int64_t channels);

// dx = dy where x > 0, else slope * dy. dslope [channels] is increased by the sum over rows of x * dy where x <= 0, in
// the order of the rows, each channel by itself: the same sum whatever the width of the vectors.
void prelu_backward_rows(const float* x, const float* slope, const float* dy, float* dx, float* dslope, int64_t rows,
                         int64_t channels);

}  // namespace massface
