#pragma once

#include "loss/classifier.h"

namespace massface {

// A linear classifier over the raw embedding, without a margin: logits x W^T + b. Biases start at 0. Option:
// sample_rate.
class SoftmaxClassifier : public Classifier {
 public:
  SoftmaxClassifier(const ClassifierRows& rows, int64_t embedding_size, uint64_t seed);

 private:
  ClassifierLogits logits(const Tensor& embeddings, const ActiveRows& active, int64_t step) const override;

  Tensor weight_;  // [own identities, D]
  Tensor bias_;    // [own identities]
};

std::shared_ptr<Classifier> make_softmax(const ClassifierOptions& options, const ClassifierRows& rows,
                                         int64_t embedding_size, uint64_t seed);

}  // namespace massface
