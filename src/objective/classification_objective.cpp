#include "objective/classification_objective.h"

#include <fmt/format.h>

#include "distributed/shares.h"
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
  return {.loss = output.loss, .report = [accuracy = output.accuracy, processes = request.processes] {
            return ObjectiveReport{.accuracy = sum_of(*processes, {accuracy})[0]};
          }};
}

std::optional<int64_t> ClassificationObjective::kind_of_step(int64_t step) const {
  if (!classifier_->is_settled(step)) return std::nullopt;
  return 0;
}

std::vector<std::pair<std::string, Tensor>> ClassificationObjective::parameters() const {
  return classifier_parameters(*classifier_);
}

std::vector<std::pair<std::string, Tensor>> ClassificationObjective::buffers() const {
  return classifier_buffers(*classifier_);
}

std::vector<std::pair<std::string, Tensor>> classifier_parameters(const Classifier& classifier) {
  std::vector<std::pair<std::string, Tensor>> list;
  for (const auto& parameter : classifier.named_parameters()) {
    list.emplace_back(fmt::format("classifier.{}", parameter.key()), parameter.value());
  }
  return list;
}

std::vector<std::pair<std::string, Tensor>> classifier_buffers(const Classifier& classifier) {
  std::vector<std::pair<std::string, Tensor>> list;
  for (const auto& buffer : classifier.named_buffers()) {
    list.emplace_back(fmt::format("classifier.{}", buffer.key()), buffer.value());
  }
  return list;
}

}  // namespace massface
