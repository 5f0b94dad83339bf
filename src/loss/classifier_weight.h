#pragma once

#include "core/tensor.h"
#include "distributed/shares.h"

namespace massface {

// Returns the given rows of a classifier's initial weight: float32 [rows.size(), columns], uniform in
// +-1/sqrt(columns), drawn from (seed, RandomStream::kParameterInit), with random numbers that a backbone's parameters
// do not use. A row does not depend on which others are asked for.
Tensor draw_classifier_weight(Share rows, int64_t columns, uint64_t seed);

}  // namespace massface
