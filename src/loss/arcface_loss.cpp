#include "loss/arcface_loss.h"

#include <cmath>
#include <numbers>

#include "core/error.h"
#include "loss/cosine_classifier.h"

namespace massface {
namespace {

constexpr double kArcFaceMargin = 0.5;

// [B, 1] -> [B, 1]
Tensor cosine_of_widened_angle(const Tensor& cosine, double margin) {
  const Tensor widened = cosine * std::cos(margin) - sines(cosine) * std::sin(margin);
  const Tensor beyond = cosine - margin * std::sin(margin);
  return at::where(cosine.detach() > std::cos(std::numbers::pi - margin), widened, beyond);
}

class ArcFace : public CosineClassifier {
 public:
  ArcFace(const ClassifierOptions& options, int64_t num_identities, int64_t embedding_size, uint64_t seed)
      : CosineClassifier(num_identities, embedding_size, seed),
        options_(options),
        margin_(options.margin == -1 ? kArcFaceMargin : options.margin) {
    require_possible_scale(options);
    require(margin_ >= 0 && margin_ <= std::numbers::pi / 2,
            "classifier.margin is {}: arcface adds it to an angle, so it must be between 0 and pi / 2 ({})", margin_,
            std::numbers::pi / 2);
  }

  bool is_settled(int64_t step) const override { return warm_up_is_over(options_, step); }

 private:
  ClassifierLogits logits(const Tensor& embeddings, const Tensor& labels, int64_t step) const override {
    const Tensor cosine = cosines(embeddings);
    const Tensor right = cosine_of_widened_angle(right_cosines(cosine, labels), margin_at(options_, margin_, step));
    return {.plain = cosine, .with_margin = scale_at(options_, step) * with_right_cosines(cosine, labels, right)};
  }

  ClassifierOptions options_;
  double margin_;
};

}  // namespace

std::shared_ptr<Classifier> make_arcface(const ClassifierOptions& options, int64_t num_identities,
                                         int64_t embedding_size, uint64_t seed) {
  return std::make_shared<ArcFace>(options, num_identities, embedding_size, seed);
}

}  // namespace massface
