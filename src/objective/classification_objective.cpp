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
  const LossOutput output = classify_share(*classifier_, embeddings, request);
  return {.loss = output.loss, .report = [accuracy = output.accuracy, processes = request.processes] {
            return ObjectiveReport{.accuracy = sum_of(*processes, {accuracy})[0]};
          }};
}

LossOutput classify_share(const Classifier& classifier, const Tensor& embeddings, const LossRequest& request) {
  const int64_t batch = embeddings.size(0);
  const Share share = share_of(batch, *request.processes);
  if (share.size() == batch) return classifier.forward(embeddings, request.labels, request.step);
  if (share.size() == 0) return {.loss = 0 * embeddings.sum(), .accuracy = at::zeros({}, embeddings.options())};
  const LossOutput own = classifier.forward(embeddings.slice(0, share.begin, share.end),
                                            request.labels.slice(0, share.begin, share.end), request.step);
  const double part = static_cast<double>(share.size()) / static_cast<double>(batch);
  return {.loss = own.loss * part, .accuracy = own.accuracy * part};
}

std::optional<int64_t> ClassificationObjective::kind_of_step(int64_t step) const {
  if (!classifier_->is_settled(step)) return std::nullopt;
  return 0;
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
