#pragma once

#include "loss/classifier.h"

namespace massface {

// The common part of the margin losses: a weight row per identity, of which only the direction matters, and the cosine
// of its angle with an embedding. With K sub-centres an identity has K rows, of which the nearest counts ("Sub-center
// ArcFace: Boosting Face Recognition by Large-Scale Noisy Web Faces", ECCV 2020, equation 4).
class CosineClassifier : public Classifier {
 public:
  CosineClassifier(const ClassifierRows& rows, int64_t sub_centers, int64_t embedding_size, uint64_t seed);

 protected:
  // [B, active rows], in [-1, 1] up to rounding: unit embeddings times unit weight rows.
  Tensor cosines(const Tensor& embeddings, const ActiveRows& active) const;

 private:
  int64_t sub_centers_;
  Tensor weight_;  // [own identities, K * D]
};

// Returns the cosine of each embedding with its own identity, and any cosine if that is not here: [B, 1].
Tensor right_cosines(const Tensor& cosines, const ActiveRows& active);

// Returns `cosines` with those of the right identities that are here replaced by `right` [B, 1].
Tensor with_right_cosines(const Tensor& cosines, const ActiveRows& active, const Tensor& right);

// Returns sqrt(1 - cos^2), but at least 1e-3, so that its slope, -cos / sin, stays finite at cosines of +-1 and at
// those that rounding carries beyond.
Tensor sines(const Tensor& cosines);

}  // namespace massface
