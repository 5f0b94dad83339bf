#include "train/triplet_objective.h"

#include <ATen/ops/linalg_vector_norm.h>

#include "core/error.h"
#include "core/stopwatch.h"
#include "loss/pool_triplet_loss.h"

namespace massface {

TripletObjective::TripletObjective(const IdentitySamplerOptions& sampler, const MiningOptions& mining,
                                   const TripletLossOptions& loss, uint64_t seed)
    : sampler_(sampler), mining_(mining), loss_(loss), seed_(seed) {
  require(sampler.images_per_identity >= 2,
          "batch.images_per_identity is {}: a triplet needs two images of one identity, so at least 2",
          sampler.images_per_identity);
  mining_.validate();
}

std::unique_ptr<Sampler> TripletObjective::make_sampler(const Dataset& dataset, uint64_t seed) const {
  return std::make_unique<IdentitySampler>(dataset, sampler_, seed);
}

ObjectiveOutput TripletObjective::loss(const Tensor& embeddings, const Tensor& labels, int64_t step) {
  const Tensor wide = embeddings.to(at::kFloat);
  const Tensor unit = wide / at::linalg_vector_norm(wide, 2, at::IntArrayRef{1}, /*keepdim=*/true).clamp_min(1e-12);
  const Stopwatch watch;
  const PoolLossOutput output =
      pool_triplet_loss(unit, labels, mining_.strategy_at(step), mining_.rule(loss_.margin, seed_, step), loss_);
  const double milliseconds = 1e3 * watch.seconds();
  const TripletStatistics& statistics = output.statistics;
  return {.loss = output.loss,
          .triplet = TripletReport{.selected = statistics.selected,
                                   .active = statistics.active,
                                   .violating_fraction = statistics.violating_fraction(),
                                   .mean_d_positive = statistics.mean_to_positive(),
                                   .mean_d_negative = statistics.mean_to_negative(),
                                   .mean_d_pool = statistics.mean_of_pool(),
                                   .to_positive = statistics.to_positive,
                                   .to_negative = statistics.to_negative,
                                   .mining_milliseconds = milliseconds}};
}

}  // namespace massface
