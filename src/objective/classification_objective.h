#pragma once

#include "loss/classifier.h"
#include "objective/objective.h"

namespace massface {

// Classification of the training identities on shuffled images.
class ClassificationObjective : public Objective {
 public:
  // classifier: already on its device.
  ClassificationObjective(std::shared_ptr<Classifier> classifier, int64_t batch_size);
  std::unique_ptr<Sampler> make_sampler(const Dataset& dataset, uint64_t seed,
                                        const IdentityNeighbours& neighbours) const override;
  ObjectiveOutput loss(const Tensor& embeddings, const LossRequest& request) override;
  std::optional<int64_t> kind_of_step(int64_t step) const override;
  std::vector<std::pair<std::string, Tensor>> parameters() const override;
  std::vector<std::pair<std::string, Tensor>> buffers() const override;

 private:
  std::shared_ptr<Classifier> classifier_;
  int64_t batch_size_;
};

// Returns a classifier's parameters under the names that checkpoints use, such as "classifier.weight".
std::vector<std::pair<std::string, Tensor>> classifier_parameters(const Classifier& classifier);
// The same for its averages, such as "classifier.norm_mean".
std::vector<std::pair<std::string, Tensor>> classifier_buffers(const Classifier& classifier);

}  // namespace massface
