#include "loss/pool_triplet_loss.h"

#include <torch/torch.h>

#include <limits>

#include "loss/fused_triplet_loss.h"
#include "loss/triplet_loss.h"
#include "mining/distances.h"
#include "mining/mine_triplets.h"

namespace massface {
namespace {

PoolLossOutput by_list(const Tensor& embeddings, const Tensor& labels, Strategy strategy, const SelectionRule& rule,
                       const TripletLossOptions& options) {
  const Pool pool(embeddings.detach().to(at::kCPU, at::kFloat), labels.to(at::kCPU));
  const Triplets triplets = mine_triplets(pool, strategy, rule, std::numeric_limits<int64_t>::max()).triplets;
  const auto on_device = [&](const Tensor& indices) { return indices.to(embeddings.device()); };
  const TripletLossOutput output = triplet_loss(
      squared_distances(embeddings),
      {on_device(triplets.anchors), on_device(triplets.positives), on_device(triplets.negatives)}, options);
  return {output.loss, output.statistics};
}

}  // namespace

PoolLossOutput pool_triplet_loss(const Tensor& embeddings, const Tensor& labels, Strategy strategy,
                                 const SelectionRule& rule, const TripletLossOptions& options) {
  if (embeddings.scalar_type() != at::kFloat) {
    return by_list(embeddings, labels, strategy, rule, options);
  }
  const FusedTripletLossOutput output = fused_triplet_loss(embeddings, labels, strategy, rule, options);
  return {output.loss, output.statistics};
}

}  // namespace massface
