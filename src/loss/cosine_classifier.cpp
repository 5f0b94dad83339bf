#include "loss/cosine_classifier.h"

#include "kernels/unit_rows.h"
#include "loss/classifier_weight.h"

namespace massface {

CosineClassifier::CosineClassifier(const ClassifierRows& rows, int64_t embedding_size, uint64_t seed)
    : Classifier(rows),
      weight_(register_parameter("weight", draw_classifier_weight(rows.own(), embedding_size, seed))) {}

Tensor CosineClassifier::cosines(const Tensor& embeddings, const ActiveRows& active) const {
  return at::linear(unit_rows(embeddings), unit_rows(active.of(weight_)));
}

Tensor right_cosines(const Tensor& cosines, const ActiveRows& active) {
  // A process whose sample is empty has no column.
  if (cosines.size(1) == 0) return at::zeros({cosines.size(0), 1}, cosines.options());
  return cosines.gather(1, active.column);
}

Tensor with_right_cosines(const Tensor& cosines, const ActiveRows& active, const Tensor& right) {
  if (cosines.size(1) == 0) return cosines;
  if (!active.is_here.defined()) return cosines.scatter(1, active.column, right);
  return cosines.scatter(1, active.column, at::where(active.is_here, right, right_cosines(cosines, active)));
}

Tensor sines(const Tensor& cosines) { return (1 - cosines.square()).clamp_min(1e-6).sqrt(); }

}  // namespace massface
