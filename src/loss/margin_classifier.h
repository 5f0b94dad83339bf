#pragma once

#include "loss/cosine_classifier.h"

namespace massface {

// What CosFace and ArcFace share: the right identity's logit is s f(cos(theta), m), the others' s cos(theta). Scale s
// and margin m may warm up.
class MarginClassifier : public CosineClassifier {
 public:
  // default_margin: used if options.margin is -1. Throws Error for an impossible scale.
  MarginClassifier(const ClassifierOptions& options, double default_margin, const ClassifierRows& rows,
                   int64_t embedding_size, uint64_t seed);

 protected:
  double margin() const { return margin_; }

 private:
  bool warm_up_is_over(int64_t step) const final { return massface::warm_up_is_over(options_, step); }
  // Returns f(cosine, margin): [B, 1] -> [B, 1].
  virtual Tensor with_margin(const Tensor& cosine, double margin) const = 0;

  ClassifierLogits logits(const Tensor& embeddings, const ActiveRows& active, int64_t step) const final;

  ClassifierOptions options_;
  double margin_;
};

}  // namespace massface
