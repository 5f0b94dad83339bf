#include "loss/cosface_loss.h"

#include "core/error.h"
#include "loss/cosine_classifier.h"

namespace massface {
namespace {

constexpr double kCosFaceMargin = 0.35;

class CosFace : public CosineClassifier {
 public:
  CosFace(const ClassifierOptions& options, int64_t num_identities, int64_t embedding_size, uint64_t seed)
      : CosineClassifier(num_identities, embedding_size, seed),
        options_(options),
        margin_(options.margin == -1 ? kCosFaceMargin : options.margin) {
    require_possible_scale(options);
    require(margin_ >= 0 && margin_ <= 1,
            "classifier.margin is {}: cosface subtracts it from a cosine, so it must be between 0 and 1", margin_);
  }

  bool is_settled(int64_t step) const override { return warm_up_is_over(options_, step); }

 private:
  ClassifierLogits logits(const Tensor& embeddings, const Tensor& labels, int64_t step) const override {
    const Tensor cosine = cosines(embeddings);
    const Tensor right = right_cosines(cosine, labels) - margin_at(options_, margin_, step);
    return {.plain = cosine, .with_margin = scale_at(options_, step) * with_right_cosines(cosine, labels, right)};
  }

  ClassifierOptions options_;
  double margin_;
};

}  // namespace

std::shared_ptr<Classifier> make_cosface(const ClassifierOptions& options, int64_t num_identities,
                                         int64_t embedding_size, uint64_t seed) {
  return std::make_shared<CosFace>(options, num_identities, embedding_size, seed);
}

}  // namespace massface
