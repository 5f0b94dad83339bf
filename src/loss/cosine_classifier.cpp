#include "loss/cosine_classifier.h"

#include "kernels/unit_rows.h"
#include "loss/classifier_weight.h"

namespace massface {

CosineClassifier::CosineClassifier(int64_t num_identities, int64_t embedding_size, uint64_t seed)
    : weight_(register_parameter("weight", draw_classifier_weight(num_identities, embedding_size, seed))) {}

Tensor CosineClassifier::cosines(const Tensor& embeddings) const {
  return at::linear(unit_rows(embeddings), unit_rows(weight_));
}

Tensor right_cosines(const Tensor& cosines, const Tensor& labels) { return cosines.gather(1, labels.unsqueeze(1)); }

Tensor with_right_cosines(const Tensor& cosines, const Tensor& labels, const Tensor& right) {
  return cosines.scatter(1, labels.unsqueeze(1), right);
}

Tensor sines(const Tensor& cosines) { return (1 - cosines.square()).clamp_min(1e-6).sqrt(); }

}  // namespace massface
