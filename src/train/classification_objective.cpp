#include "train/softmax_objective.h"

#include "sampling/shuffled_sampler.h"

namespace massface {

SoftmaxObjective::SoftmaxObjective(int64_t batch_size, int64_t num_identities, int64_t embedding_size,
                                   at::Device device, uint64_t seed)
    : batch_size_(batch_size), classifier_(std::make_shared<SoftmaxClassifier>(num_identities, embedding_size, seed)) {
  classifier_->to(device);
}

std::unique_ptr<Sampler> SoftmaxObjective::make_sampler(const Dataset& dataset, uint64_t seed) const {
  return std::make_unique<ShuffledSampler>(dataset, batch_size_, seed);
}

ObjectiveOutput SoftmaxObjective::loss(const Tensor& embeddings, const Tensor& labels) {
  const LossOutput output = classifier_->forward(embeddings, labels);
  return {.loss = output.loss, .accuracy = output.accuracy.item<double>()};
}

std::vector<std::pair<std::string, Tensor>> SoftmaxObjective::parameters() const {
  std::vector<std::pair<std::string, Tensor>> list;
  for (const auto& parameter : classifier_->named_parameters()) {
    list.emplace_back("classifier." + parameter.key(), parameter.value());
  }
  return list;
}

}  // namespace massface
