#include "loss/cosface_loss.h"

#include "core/error.h"
#include "loss/margin_classifier.h"

namespace massface {
namespace {

constexpr double kCosFaceMargin = 0.35;

class CosFace : public MarginClassifier {
 public:
  CosFace(const ClassifierOptions& options, const ClassifierRows& rows, int64_t embedding_size, uint64_t seed)
      : MarginClassifier(options, kCosFaceMargin, rows, embedding_size, seed) {
    require(margin() >= 0 && margin() <= 1,
            "classifier.margin is {}: cosface subtracts it from a cosine, so it must be between 0 and 1", margin());
  }

 private:
  Tensor with_margin(const Tensor& cosine, double margin) const override { return cosine - margin; }
};

}  // namespace

std::shared_ptr<Classifier> make_cosface(const ClassifierOptions& options, const ClassifierRows& rows,
                                         int64_t embedding_size, uint64_t seed) {
  return std::make_shared<CosFace>(options, rows, embedding_size, seed);
}

}  // namespace massface
