#include "loss/arcface_loss.h"

#include <cmath>
#include <numbers>

#include "core/error.h"
#include "loss/margin_classifier.h"

namespace massface {
namespace {

constexpr double kArcFaceMargin = 0.5;

class ArcFace : public MarginClassifier {
 public:
  ArcFace(const ClassifierOptions& options, const ClassifierRows& rows, int64_t embedding_size, uint64_t seed)
      : MarginClassifier(options, kArcFaceMargin, rows, embedding_size, seed) {
    require(margin() >= 0 && margin() <= std::numbers::pi / 2,
            "classifier.margin is {}: arcface adds it to an angle, so it must be between 0 and pi / 2 ({})", margin(),
            std::numbers::pi / 2);
  }

 private:
  // The cosine of the angle widened by the margin.
  Tensor with_margin(const Tensor& cosine, double margin) const override {
    const Tensor widened = cosine * std::cos(margin) - sines(cosine) * std::sin(margin);
    const Tensor beyond = cosine - margin * std::sin(margin);
    return at::where(cosine.detach() > std::cos(std::numbers::pi - margin), widened, beyond);
  }
};

}  // namespace

std::shared_ptr<Classifier> make_arcface(const ClassifierOptions& options, const ClassifierRows& rows,
                                         int64_t embedding_size, uint64_t seed) {
  return std::make_shared<ArcFace>(options, rows, embedding_size, seed);
}

}  // namespace massface
