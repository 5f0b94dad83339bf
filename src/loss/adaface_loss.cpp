#include "loss/adaface_loss.h"

#include "core/error.h"
#include "loss/cosine_classifier.h"

namespace massface {
namespace {

constexpr double kAdaFaceMargin = 0.4;
constexpr double kFirstMean = 20, kFirstDeviation = 100;
constexpr double kShortest = 1e-3, kLongest = 100;  // lengths, as in the authors' code
constexpr double kEpsilon = 1e-3;                   // of the deviation

class AdaFace : public CosineClassifier {
 public:
  AdaFace(const ClassifierOptions& options, const ClassifierRows& rows, int64_t embedding_size, uint64_t seed)
      : CosineClassifier(rows, options.sub_centers, embedding_size, seed),
        options_(options),
        margin_(options.margin == -1 ? kAdaFaceMargin : options.margin),
        mean_(register_buffer("norm_mean", torch::full({}, kFirstMean))),
        deviation_(register_buffer("norm_deviation", torch::full({}, kFirstDeviation))) {
    require_possible_scale(options);
    require(margin_ >= 0 && margin_ <= 1, "classifier.margin is {}: that of adaface must be between 0 and 1", margin_);
  }

 private:
  bool warm_up_is_over(int64_t step) const override { return massface::warm_up_is_over(options_, step); }

  // Returns z of each embedding, [B, 1], and lets the averages follow the batch.
  Tensor quality(const Tensor& embeddings) const {
    const torch::NoGradGuard no_grad;
    Tensor mean = mean_, deviation = deviation_;
    const Tensor lengths = embeddings.detach().norm(2, 1, /*keepdim=*/true).clamp(kShortest, kLongest);
    mean.lerp_(lengths.mean(), options_.norm_rate);
    if (lengths.size(0) > 1) deviation.lerp_(lengths.std(), options_.norm_rate);
    return ((lengths - mean) / (deviation + kEpsilon) * options_.norm_concentration).clamp(-1, 1);
  }

  ClassifierLogits logits(const Tensor& embeddings, const ActiveRows& active, int64_t step) const override {
    const Tensor cosine = cosines(embeddings, active);
    const Tensor right = right_cosines(cosine, active), z = quality(embeddings);
    const double m = margin_at(options_, margin_, step);
    const Tensor turned = -m * z;  // is added to the angle
    const Tensor within = right * turned.cos() - sines(right) * turned.sin();
    const Tensor below_zero = (turned < 0).logical_and(right.detach() > turned.cos());
    const Tensor beyond_pi = (turned > 0).logical_and(right.detach() < -turned.cos());
    const Tensor angular =
        at::where(below_zero, at::ones_like(within), at::where(beyond_pi, -at::ones_like(within), within));
    return {.plain = cosine,
            .with_margin = scale_at(options_, step) * with_right_cosines(cosine, active, angular - (m * z + m))};
  }

  ClassifierOptions options_;
  double margin_;
  Tensor mean_, deviation_;
};

}  // namespace

std::shared_ptr<Classifier> make_adaface(const ClassifierOptions& options, const ClassifierRows& rows,
                                         int64_t embedding_size, uint64_t seed) {
  return std::make_shared<AdaFace>(options, rows, embedding_size, seed);
}

}  // namespace massface
