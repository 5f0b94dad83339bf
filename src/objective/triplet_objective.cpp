#include "objective/triplet_objective.h"

#include <ATen/ATen.h>

#include <cmath>

#include "core/error.h"
#include "core/stopwatch.h"
#include "kernels/unit_rows.h"
#include "loss/triplet_loss.h"
#include "mining/distances.h"
#include "mining/pool.h"

namespace massface {

namespace {

// listed: the triplets were selected from another pool, so the fraction that violates is not known.
TripletReport report_of(const TripletStatistics& statistics, bool listed, double milliseconds) {
  return {.selected = statistics.selected,
          .active = statistics.active,
          .violating_fraction = listed ? std::nan("") : statistics.violating_fraction(),
          .mean_d_positive = statistics.mean_to_positive(),
          .mean_d_negative = statistics.mean_to_negative(),
          .mean_d_pool = statistics.mean_of_pool(),
          .to_positive = statistics.to_positive,
          .to_negative = statistics.to_negative,
          .mining_milliseconds = milliseconds};
}

}  // namespace

TripletObjective::TripletObjective(const IdentitySamplerOptions& sampler, const MiningOptions& mining,
                                   const TripletLossOptions& loss, int64_t embedding_size, uint64_t seed)
    : sampler_(sampler), mining_(mining), loss_(loss), seed_(seed) {
  require(sampler.images_per_identity >= 2,
          "batch.images_per_identity is {}: a triplet needs two images of one identity, so at least 2",
          sampler.images_per_identity);
  mining_.validate();
  if (mining.memory > 0) memory_.emplace(mining.memory, embedding_size);
}

bool TripletObjective::remembers(const LossRequest& request) const {
  return memory_ && !request.triplets && request.step >= mining_.memory_from_step;
}

std::vector<std::pair<std::string, Tensor>> TripletObjective::buffers() const {
  return memory_ ? memory_->buffers() : std::vector<std::pair<std::string, Tensor>>();
}

std::unique_ptr<Sampler> TripletObjective::make_sampler(const Dataset& dataset, uint64_t seed,
                                                        const IdentityNeighbours& neighbours) const {
  return std::make_unique<IdentitySampler>(dataset, sampler_, seed, neighbours);
}

PoolLossOutput TripletObjective::loss_of(const Tensor& unit, const LossRequest& request) const {
  if (!request.triplets) {
    const bool has_memory = remembers(request) && memory_->size() > 0;
    const EmbeddingMemory::Held held = has_memory ? memory_->held() : EmbeddingMemory::Held();
    return fused_triplet_loss(has_memory ? at::cat({unit, held.embeddings}) : unit,
                              has_memory ? at::cat({request.labels, held.labels}) : request.labels,
                              mining_.strategy_at(request.step), mining_.rule(loss_.margin, seed_, request.step), loss_,
                              request.processes, /*anchors=*/unit.size(0));
  }
  const TripletLossOutput output = triplet_loss(squared_distances(unit), *request.triplets, loss_);
  // The distances of a sub-batch cost little: the first process's share is all of it.
  return {request.processes->is_first() ? output.loss : 0 * output.loss, output.statistics};
}

ObjectiveOutput TripletObjective::loss(const Tensor& embeddings, const LossRequest& request) {
  const Tensor unit = unit_rows(embeddings.to(at::kFloat));
  const Stopwatch watch;
  const PoolLossOutput output = loss_of(unit, request);
  // On a GPU this would only time the launches; `massface benchmark gpu` measures the work itself.
  const double milliseconds = unit.is_cuda() ? std::nan("") : 1e3 * watch.seconds();
  std::optional<MemoryReport> memory;
  if (remembers(request)) {
    memory = {.size = memory_->size(), .drift = memory_->drift(unit.detach(), request.images)};
    memory_->add(unit, request.labels, request.images);
  }
  return {.loss = output.loss,
          .report = [statistics = output.statistics, unit = unit.detach(), listed = request.triplets.has_value(),
                     milliseconds, memory] {
            if (unit.is_cuda()) require_finite(unit);  // on the CPU the loss has checked it
            TripletReport report = report_of(statistics.read(), listed, milliseconds);
            report.memory = memory;
            return ObjectiveReport{.triplet = report};
          }};
}

std::optional<int64_t> TripletObjective::kind_of_step(int64_t step) const {
  const Strategy strategy = mining_.strategy_at(step);
  if (memory_) return std::nullopt;  // which grows
  if (draws_random_numbers(strategy)) return std::nullopt;
  return static_cast<int64_t>(strategy);
}

}  // namespace massface
