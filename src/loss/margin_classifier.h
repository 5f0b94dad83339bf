#pragma once

#include "loss/cosine_classifier.h"

namespace massface {

// What CosFace and ArcFace share: the right identity's logit is s f(cos(theta), m), the others' s cos(theta). Scale s
// and margin m may warm up.
class MarginClassifier : public CosineClassifier {
 public:
  // default_margin: used if options.margin is -1. Throws Error for an impossible scale.
  MarginClassifier(const ClassifierOptions& options, double default_margin, int64_t num_identities,
                   int64_t embedding_size, uint64_t seed);

  bool is_settled(int64_t step) const override { return warm_up_is_over(options_, step); }

 protected:
  double margin() const { return margin_; }

 private:
  // Returns f(cosine, margin): [B, 1] -> [B, 1].
  virtual Tensor with_margin(const Tensor& cosine, double margin) const = 0;

  ClassifierLogits logits(const Tensor& embeddings, const Tensor& labels, int64_t step) const final;

  ClassifierOptions options_;
  double margin_;
};

}  // namespace massface
