#pragma once

#include <functional>

#include "loss/pair_loss.h"
#include "objective/objective.h"
#include "sampling/identity_sampler.h"

namespace massface {

// The mean over the anchors of a P x K batch of a loss of each anchor's pairs with the whole batch (loss/pair_loss.h).
// Several processes each compute the anchors of their share.
class PairObjective : public Objective {
 public:
  using LossOfAnchors = std::function<Tensor(const AnchorPairs&)>;

  // Throws Error if K = 1: no positive pair would exist.
  PairObjective(const IdentitySamplerOptions& sampler, LossOfAnchors loss_of_anchors);
  std::unique_ptr<Sampler> make_sampler(const Dataset& dataset, uint64_t seed,
                                        const IdentityNeighbours& neighbours) const override;
  ObjectiveOutput loss(const Tensor& embeddings, const LossRequest& request) override;

 private:
  IdentitySamplerOptions sampler_;
  LossOfAnchors loss_of_anchors_;
};

}  // namespace massface
