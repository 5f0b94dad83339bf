#include "train/triplet_objective.h"

#include <ATen/ops/linalg_vector_norm.h>

#include "core/error.h"
#include "mining/batch_hardest.h"
#include "mining/distances.h"

namespace massface {

TripletObjective::TripletObjective(const IdentitySamplerOptions& sampler, const TripletLossOptions& loss)
    : sampler_(sampler), loss_(loss) {
  require(sampler.images_per_identity >= 2,
          "batch.images_per_identity is {}: a triplet needs two images of one identity, so at least 2",
          sampler.images_per_identity);
}

std::unique_ptr<Sampler> TripletObjective::make_sampler(const Dataset& dataset, uint64_t seed) const {
  return std::make_unique<IdentitySampler>(dataset, sampler_, seed);
}

ObjectiveOutput TripletObjective::loss(const Tensor& embeddings, const Tensor& labels, int64_t /*step*/) {
  const Tensor wide = embeddings.to(at::kFloat);
  const Tensor unit = wide / at::linalg_vector_norm(wide, 2, at::IntArrayRef{1}, /*keepdim=*/true).clamp_min(1e-12);
  const Tensor distances = squared_distances(unit);  // [B, B]
  const Triplets triplets = mine_batch_hardest(distances.detach(), labels);
  const TripletLossOutput output = triplet_loss(distances, triplets, loss_);
  return {.loss = output.loss,
          .triplet = TripletReport{.selected = output.selected,
                                   .active = output.active,
                                   .mean_d_positive = output.mean_d_positive,
                                   .mean_d_negative = output.mean_d_negative,
                                   .mean_d_pool = output.mean_d_pool}};
}

}  // namespace massface
