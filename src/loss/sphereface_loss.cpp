#include "loss/sphereface_loss.h"

#include <numbers>

#include "core/error.h"
#include "loss/cosine_classifier.h"

namespace massface {
namespace {

constexpr double kSphereFaceMargin = 4;

// cos(m theta) as a Chebyshev polynomial of cos(theta): without the angle, whose slope is infinite at +-1.
Tensor cosine_of_multiple(const Tensor& cosine, int64_t margin) {
  Tensor before = at::ones_like(cosine), now = cosine;
  for (int64_t m = 1; m < margin; ++m) {
    const Tensor next = 2 * cosine * now - before;
    before = now;
    now = next;
  }
  return now;
}

// psi, which falls from 1 to 1 - 2m as cos(theta) falls from 1 to -1.
Tensor psi(const Tensor& cosine, int64_t margin) {
  const Tensor angle = cosine.detach().clamp(-1, 1).acos();
  const Tensor k = (angle * (static_cast<double>(margin) / std::numbers::pi)).floor().clamp(0, margin - 1);
  const Tensor sign = 1 - 2 * k.remainder(2);
  return sign * cosine_of_multiple(cosine, margin) - 2 * k;
}

class SphereFace : public CosineClassifier {
 public:
  SphereFace(const ClassifierOptions& options, const ClassifierRows& rows, int64_t embedding_size, uint64_t seed)
      : CosineClassifier(rows, /*sub_centers=*/1, embedding_size, seed), options_(options) {
    const double margin = options.margin == -1 ? kSphereFaceMargin : options.margin;
    require(margin == 1 || margin == 2 || margin == 3 || margin == 4,
            "classifier.margin is {}: sphereface multiplies an angle by it, so it must be 1, 2, 3 or 4", margin);
    require(options.lambda_end <= options.lambda_start,
            "classifier.lambda_end is {}, above classifier.lambda_start, {}: the margin would fade instead of grow",
            options.lambda_end, options.lambda_start);
    margin_ = static_cast<int64_t>(margin);
  }

 private:
  bool warm_up_is_over(int64_t step) const override { return lambda_at(options_, step) == options_.lambda_end; }

  ClassifierLogits logits(const Tensor& embeddings, const ActiveRows& active, int64_t step) const override {
    const Tensor cosine = cosines(embeddings, active);
    const Tensor right = right_cosines(cosine, active);
    const double lambda = lambda_at(options_, step);
    const Tensor annealed = (lambda * right + psi(right, margin_)) / (1 + lambda);
    const Tensor length = at::linalg_vector_norm(embeddings, 2, at::IntArrayRef{1}, /*keepdim=*/true);
    return {.plain = cosine, .with_margin = length * with_right_cosines(cosine, active, annealed)};
  }

  ClassifierOptions options_;
  int64_t margin_;
};

}  // namespace

std::shared_ptr<Classifier> make_sphereface(const ClassifierOptions& options, const ClassifierRows& rows,
                                            int64_t embedding_size, uint64_t seed) {
  return std::make_shared<SphereFace>(options, rows, embedding_size, seed);
}

}  // namespace massface
