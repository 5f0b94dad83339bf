#pragma once

#include "loss/softmax_loss.h"
#include "train/objective.h"

namespace massface {

// Classification of the training identities by a linear layer over the embedding, on shuffled images.
class SoftmaxObjective : public Objective {
 public:
  SoftmaxObjective(int64_t batch_size, int64_t num_identities, int64_t embedding_size, at::Device device,
                   uint64_t seed);
  std::unique_ptr<Sampler> make_sampler(const Dataset& dataset, uint64_t seed) const override;
  ObjectiveOutput loss(const Tensor& embeddings, const Tensor& labels) override;
  std::vector<std::pair<std::string, Tensor>> parameters() const override;

 private:
  int64_t batch_size_;
  std::shared_ptr<SoftmaxClassifier> classifier_;
};

}  // namespace massface
