#pragma once

#include "core/tensor.h"

namespace massface {

// Returns float32 [rows, columns], uniform in +-1/sqrt(columns), drawn from (seed, RandomStream::kParameterInit), with
// random numbers that a backbone's parameters do not use.
Tensor draw_classifier_weight(int64_t rows, int64_t columns, uint64_t seed);

}  // namespace massface
