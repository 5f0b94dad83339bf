#pragma once

#include "loss/classifier.h"

namespace massface {

// A linear classifier over the raw embedding, without a margin: logits x W^T + b. Biases start at 0. It has no options.
class SoftmaxClassifier : public Classifier {
 public:
  SoftmaxClassifier(int64_t num_identities, int64_t embedding_size, uint64_t seed);

 private:
  ClassifierLogits logits(const Tensor& embeddings, const Tensor& labels, int64_t step) const override;

  Tensor weight_;  // [num_identities, D]
  Tensor bias_;    // [num_identities]
};

std::shared_ptr<Classifier> make_softmax(const ClassifierOptions& options, int64_t num_identities,
                                         int64_t embedding_size, uint64_t seed);

}  // namespace massface
