#pragma once

#include <cstdint>

#include "core/tensor.h"

namespace massface {

// Which random numbers dropout draws in a pass.
struct DropoutDraw {
  uint64_t seed = 0;
  int64_t step = 0;
  int64_t first_row = 0;  // the row of the pass's first image in the batch of all processes
};

// Dropout: Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting", JMLR 15, 2014. Sets
// each number of x, [B, C, H, W], to 0 with probability `rate`, 0 <= rate < 1, and divides the others by 1 - rate.
// Whether a number is kept is a function of (seed, step, row, its place in the row in channels-last order) alone: a
// resumed training drops what an uninterrupted one drops, and parts of a batch, wherever they are computed, what the
// whole batch drops.
Tensor dropout(const Tensor& x, double rate, const DropoutDraw& draw);

}  // namespace massface
