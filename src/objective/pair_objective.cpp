#include "objective/pair_objective.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "core/error.h"
#include "distributed/shares.h"
#include "kernels/unit_rows.h"

namespace massface {
namespace {

AnchorPairs pairs_of(const Tensor& unit, const Tensor& labels, const Share& anchors) {
  const Tensor rows = at::arange(anchors.begin, anchors.end, labels.options());
  const Tensor same = labels.slice(0, anchors.begin, anchors.end).unsqueeze(1) == labels.unsqueeze(0);
  const Tensor itself = rows.unsqueeze(1) == at::arange(labels.size(0), labels.options()).unsqueeze(0);
  return {.cosines = at::matmul(unit.slice(0, anchors.begin, anchors.end), unit.t()),
          .positive = same.logical_and(itself.logical_not()),
          .negative = same.logical_not()};
}

// Returns the sum of 2 - 2 cos over the chosen pairs, and their number: the squared L2 distances of unit embeddings.
std::vector<Tensor> distances_of(const AnchorPairs& pairs, const Tensor& chosen) {
  const Tensor distances = 2 - 2 * pairs.cosines.detach();
  return {(distances * chosen.to(distances.scalar_type())).sum(), chosen.sum()};
}

}  // namespace

PairObjective::PairObjective(const IdentitySamplerOptions& sampler, LossOfAnchors loss_of_anchors)
    : sampler_(sampler), loss_of_anchors_(std::move(loss_of_anchors)) {
  require(sampler.images_per_identity >= 2,
          "batch.images_per_identity is {}: a positive pair needs two images of one identity, so at least 2",
          sampler.images_per_identity);
}

std::unique_ptr<Sampler> PairObjective::make_sampler(const Dataset& dataset, uint64_t seed,
                                                     const IdentityNeighbours& neighbours) const {
  return std::make_unique<IdentitySampler>(dataset, sampler_, seed, neighbours);
}

ObjectiveOutput PairObjective::loss(const Tensor& embeddings, const LossRequest& request) {
  const Tensor unit = unit_rows(embeddings.to(at::kFloat));
  const AnchorPairs pairs = pairs_of(unit, request.labels, share_of(unit.size(0), *request.processes));
  std::vector<Tensor> numbers = distances_of(pairs, pairs.positive);
  for (const Tensor& number : distances_of(pairs, pairs.negative)) numbers.push_back(number);
  return {.loss = loss_of_anchors_(pairs).sum() / static_cast<double>(unit.size(0)),
          .report = [numbers, processes = request.processes] {
            const std::vector<double> sums = sum_of(*processes, numbers);
            return ObjectiveReport{.pairs = PairReport{.mean_d_positive = sums[0] / std::max(sums[1], 1.0),
                                                       .mean_d_negative = sums[2] / std::max(sums[3], 1.0)}};
          }};
}

}  // namespace massface
