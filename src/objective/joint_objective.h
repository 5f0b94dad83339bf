#pragma once

#include "loss/classifier.h"
#include "objective/joint_options.h"
#include "objective/objective.h"

namespace massface {

// The sum of a triplet loss and a weighted classification loss on the same batches. The classifier also separates
// identities that no triplet of the batch compares.
class JointObjective : public Objective {
 public:
  // triplet: draws the batches. classifier: already on its device.
  JointObjective(std::unique_ptr<Objective> triplet, std::shared_ptr<Classifier> classifier,
                 const JointOptions& options);
  std::unique_ptr<Sampler> make_sampler(const Dataset& dataset, uint64_t seed,
                                        const IdentityNeighbours& neighbours) const override;
  ObjectiveOutput loss(const Tensor& embeddings, const LossRequest& request) override;
  std::optional<int64_t> kind_of_step(int64_t step) const override;
  std::vector<std::pair<std::string, Tensor>> parameters() const override;
  std::vector<std::pair<std::string, Tensor>> buffers() const override;
  bool network_learns(int64_t epoch) const override { return epoch >= options_.classifier_only_epochs; }

 private:
  std::unique_ptr<Objective> triplet_;
  std::shared_ptr<Classifier> classifier_;
  JointOptions options_;
};

}  // namespace massface
