#pragma once

#include "core/tensor.h"

namespace massface {

// Row indices into one pool of embeddings. Triplet t requires row positives[t] to be nearer to row anchors[t] than row
// negatives[t] is. All three are int64 [T].
struct Triplets {
  Tensor anchors;
  Tensor positives;
  Tensor negatives;

  int64_t size() const { return anchors.size(0); }
};

// The form in which files and checkpoints store triplets: int64 [T, 3] of (anchor, positive, negative), contiguous.
// from_table() requires this type and shape.
Tensor to_table(const Triplets& triplets);
Triplets from_table(const Tensor& table);

}  // namespace massface
