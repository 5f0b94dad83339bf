#pragma once

#include "core/tensor.h"

namespace massface {

// Throws Error, which says what makes embeddings so, if a number is not finite. Comparing them would give answers that
// mean nothing.
void require_finite_embeddings(const Tensor& embeddings);

}  // namespace massface
