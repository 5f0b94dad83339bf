#include "loss/cosine_classifier.h"

#include "kernels/unit_rows.h"
#include "loss/classifier_weight.h"

namespace massface {

CosineClassifier::CosineClassifier(const ClassifierRows& rows, int64_t sub_centers, int64_t embedding_size,
                                   uint64_t seed)
    : Classifier(rows),
      sub_centers_(sub_centers),
      weight_(register_parameter("weight", draw_classifier_weight(rows.own(), sub_centers * embedding_size, seed))) {}

Tensor CosineClassifier::cosines(const Tensor& embeddings, const ActiveRows& active) const {
  const Tensor rows = active.of(weight_);
  if (sub_centers_ == 1) return at::linear(unit_rows(embeddings), unit_rows(rows));
  const Tensor centers = rows.reshape({rows.size(0) * sub_centers_, embeddings.size(1)});
  const Tensor all = at::linear(unit_rows(embeddings), unit_rows(centers));
  // Not amax(), whose gradient is divided among equal ones.
  return std::get<0>(all.view({embeddings.size(0), rows.size(0), sub_centers_}).max(2));
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
