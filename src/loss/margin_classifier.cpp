#include "loss/margin_classifier.h"

namespace massface {

MarginClassifier::MarginClassifier(const ClassifierOptions& options, double default_margin, const ClassifierRows& rows,
                                   int64_t embedding_size, uint64_t seed)
    : CosineClassifier(rows, options.sub_centers, embedding_size, seed),
      options_(options),
      margin_(options.margin == -1 ? default_margin : options.margin) {
  require_possible_scale(options);
}

ClassifierLogits MarginClassifier::logits(const Tensor& embeddings, const ActiveRows& active, int64_t step) const {
  const Tensor cosine = cosines(embeddings, active);
  const Tensor right = with_margin(right_cosines(cosine, active), margin_at(options_, margin_, step));
  return {.plain = cosine, .with_margin = scale_at(options_, step) * with_right_cosines(cosine, active, right)};
}

}  // namespace massface
