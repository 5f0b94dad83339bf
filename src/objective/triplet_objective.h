#pragma once

#include "loss/embedding_memory.h"
#include "loss/fused_triplet_loss.h"
#include "mining/mining_options.h"
#include "objective/objective.h"
#include "sampling/identity_sampler.h"

namespace massface {

// The triplet loss of unit embeddings: over the triplets that a strategy selects from a P x K batch (the online pool),
// or over those that another pool has selected.
//
// From an objective to a selector, for the online pool:
//
//   TripletObjective::loss            unit embeddings
//     fused_triplet_loss              loss/fused_triplet_loss.h: an autograd function over the whole pool
//       weigh_rows                    distances row by row; pool_weights.cu on a GPU
//         RowWeights::weigh           loss/row_weights.h: looks the strategy up in the registry
//           BatchHardest()(row, ...)  mining/batch_*.h: the selector, which emits (positive, negative)
//             RowWeigher              loss/row_weigher.h: turns what is emitted into weights and statistics
//
// Triplets that another pool has listed take a single step instead: triplet_loss() of loss/triplet_loss.h.
class TripletObjective : public Objective {
 public:
  // seed: of the strategy's random numbers. Throws Error if K = 1: no positive pair would exist.
  TripletObjective(const IdentitySamplerOptions& sampler, const MiningOptions& mining, const TripletLossOptions& loss,
                   int64_t embedding_size, uint64_t seed);
  std::unique_ptr<Sampler> make_sampler(const Dataset& dataset, uint64_t seed,
                                        const IdentityNeighbours& neighbours) const override;
  ObjectiveOutput loss(const Tensor& embeddings, const LossRequest& request) override;
  std::optional<int64_t> kind_of_step(int64_t step) const override;
  std::vector<std::pair<std::string, Tensor>> buffers() const override;

 private:
  PoolLossOutput loss_of(const Tensor& unit, const LossRequest& request) const;
  bool remembers(const LossRequest& request) const;

  IdentitySamplerOptions sampler_;
  MiningOptions mining_;
  TripletLossOptions loss_;
  uint64_t seed_;
  std::optional<EmbeddingMemory> memory_;
};

}  // namespace massface
