#include "train/classification_objective.h"

#include <fmt/format.h>

#include "sampling/shuffled_sampler.h"

namespace massface {

ClassificationObjective::ClassificationObjective(std::shared_ptr<Classifier> classifier, int64_t batch_size)
    : classifier_(std::move(classifier)), batch_size_(batch_size) {}

std::unique_ptr<Sampler> ClassificationObjective::make_sampler(const Dataset& dataset, uint64_t seed,
                                                               const IdentityNeighbours& /*neighbours*/) const {
  return std::make_unique<ShuffledSampler>(dataset, batch_size_, seed);
}

ObjectiveOutput ClassificationObjective::loss(const Tensor& embeddings, const LossRequest& request) {
  const LossOutput output = classifier_->forward(embeddings, request.labels, request.step);
  return {.loss = output.loss, .accuracy = output.accuracy.item<double>()};
}

std::vector<std::pair<std::string, Tensor>> ClassificationObjective::parameters() const {
  return classifier_parameters(*classifier_);
}

std::vector<std::pair<std::string, Tensor>> classifier_parameters(const Classifier& classifier) {
  std::vector<std::pair<std::string, Tensor>> list;
  for (const auto& parameter : classifier.named_parameters()) {
    list.emplace_back(fmt::format("classifier.{}", parameter.key()), parameter.value());
  }
  return list;
}

}  // namespace massface
