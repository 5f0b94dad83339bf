#include "loss/softmax_loss.h"

#include "loss/classifier_weight.h"

namespace massface {

SoftmaxClassifier::SoftmaxClassifier(int64_t num_identities, int64_t embedding_size, uint64_t seed)
    : weight_(register_parameter("weight", draw_classifier_weight(num_identities, embedding_size, seed))),
      bias_(register_parameter("bias", torch::zeros({num_identities}))) {}

ClassifierLogits SoftmaxClassifier::logits(const Tensor& embeddings, const Tensor&, int64_t) const {
  const Tensor logits = at::linear(embeddings, weight_, bias_);
  return {.plain = logits, .with_margin = logits};
}

std::shared_ptr<Classifier> make_softmax(const ClassifierOptions&, int64_t num_identities, int64_t embedding_size,
                                         uint64_t seed) {
  return std::make_shared<SoftmaxClassifier>(num_identities, embedding_size, seed);
}

}  // namespace massface
