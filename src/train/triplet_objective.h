#pragma once

#include "loss/triplet_loss_options.h"
#include "mining/mining_options.h"
#include "sampling/identity_sampler.h"
#include "train/objective.h"

namespace massface {

// The triplet loss over the triplets that a strategy selects from a P x K batch of unit embeddings: the online pool.
class TripletObjective : public Objective {
 public:
  // Throws Error when K = 1: no positive pair would exist. seed: of what a strategy draws.
  TripletObjective(const IdentitySamplerOptions& sampler, const MiningOptions& mining, const TripletLossOptions& loss,
                   uint64_t seed);
  std::unique_ptr<Sampler> make_sampler(const Dataset& dataset, uint64_t seed) const override;
  ObjectiveOutput loss(const Tensor& embeddings, const Tensor& labels, int64_t step) override;

 private:
  IdentitySamplerOptions sampler_;
  MiningOptions mining_;
  TripletLossOptions loss_;
  uint64_t seed_;
};

}  // namespace massface
