#pragma once

#include "loss/pool_triplet_loss.h"
#include "mining/mining_options.h"
#include "objective/objective.h"
#include "sampling/identity_sampler.h"

namespace massface {

// The triplet loss of unit embeddings: over the triplets that a strategy selects from a P x K batch (the online pool),
// or over those that another pool has selected.
class TripletObjective : public Objective {
 public:
  // Throws Error when K = 1: no positive pair would exist. seed: of what a strategy draws.
  TripletObjective(const IdentitySamplerOptions& sampler, const MiningOptions& mining, const TripletLossOptions& loss,
                   uint64_t seed);
  std::unique_ptr<Sampler> make_sampler(const Dataset& dataset, uint64_t seed,
                                        const IdentityNeighbours& neighbours) const override;
  ObjectiveOutput loss(const Tensor& embeddings, const LossRequest& request) override;
  std::optional<int64_t> kind_of_step(int64_t step) const override;

 private:
  PoolLossOutput loss_of(const Tensor& unit, const LossRequest& request) const;

  IdentitySamplerOptions sampler_;
  MiningOptions mining_;
  TripletLossOptions loss_;
  uint64_t seed_;
};

}  // namespace massface
