#pragma once

#include "loss/triplet_loss.h"
#include "sampling/identity_sampler.h"
#include "train/objective.h"

namespace massface {

// The triplet loss over the batch-hardest triplets of a P x K batch of unit embeddings.
class TripletObjective : public Objective {
 public:
  // Throws Error when K = 1: no positive pair would exist.
  TripletObjective(const IdentitySamplerOptions& sampler, const TripletLossOptions& loss);
  std::unique_ptr<Sampler> make_sampler(const Dataset& dataset, uint64_t seed) const override;
  ObjectiveOutput loss(const Tensor& embeddings, const Tensor& labels, int64_t step) override;

 private:
  IdentitySamplerOptions sampler_;
  TripletLossOptions loss_;
};

}  // namespace massface
