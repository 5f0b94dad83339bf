#include "loss/softmax_loss.h"

#include "loss/classifier_weight.h"

namespace massface {

SoftmaxClassifier::SoftmaxClassifier(const ClassifierRows& rows, int64_t embedding_size, uint64_t seed)
    : Classifier(rows),
      weight_(register_parameter("weight", draw_classifier_weight(rows.own(), embedding_size, seed))),
      bias_(register_parameter("bias", torch::zeros({rows.own().size()}))) {}

ClassifierLogits SoftmaxClassifier::logits(const Tensor& embeddings, const ActiveRows& active, int64_t) const {
  const Tensor logits = at::linear(embeddings, active.of(weight_), active.of(bias_));
  return {.plain = logits, .with_margin = logits};
}

std::shared_ptr<Classifier> make_softmax(const ClassifierOptions&, const ClassifierRows& rows, int64_t embedding_size,
                                         uint64_t seed) {
  return std::make_shared<SoftmaxClassifier>(rows, embedding_size, seed);
}

}  // namespace massface
