#pragma once

#include "core/tensor.h"

namespace massface {

// Row indices into one pool of embeddings: triplet t says that row positives[t] should be nearer to row anchors[t] than
// row negatives[t] is. The three are int64 [T].
struct Triplets {
  Tensor anchors;
  Tensor positives;
  Tensor negatives;

  int64_t size() const { return anchors.size(0); }
};

// As files and checkpoints hold them: int64 [T, 3] of (anchor, positive, negative), contiguous. The other way round the
// table has to be of this shape.
Tensor to_table(const Triplets& triplets);
Triplets from_table(const Tensor& table);

}  // namespace massface
