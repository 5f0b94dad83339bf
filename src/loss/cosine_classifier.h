#pragma once

#include "loss/classifier.h"

namespace massface {

// What the margin losses share: a weight row for each identity, of which only the direction counts, and the cosine of
// its angle with an embedding.
class CosineClassifier : public Classifier {
 public:
  CosineClassifier(int64_t num_identities, int64_t embedding_size, uint64_t seed);

 protected:
  // [B, num_identities], in [-1, 1] up to rounding: unit embeddings times unit weight rows.
  Tensor cosines(const Tensor& embeddings) const;

 private:
  Tensor weight_;  // [num_identities, D]
};

// The cosine of each embedding with its own identity: [B, 1].
Tensor right_cosines(const Tensor& cosines, const Tensor& labels);

// cosines with those of the right identities replaced by `right` [B, 1].
Tensor with_right_cosines(const Tensor& cosines, const Tensor& labels, const Tensor& right);

// sqrt(1 - cos^2), but at least 1e-3: its slope, -cos / sin, stays finite at cosines of +-1 and beyond by rounding.
Tensor sines(const Tensor& cosines);

}  // namespace massface
