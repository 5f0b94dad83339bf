#include "pool/semi_online_source.h"

#include <torch/torch.h>

#include "core/error.h"
#include "core/log.h"
#include "core/stopwatch.h"
#include "distributed/shares.h"
#include "model/embedder.h"
#include "pool/pool_selection.h"

namespace massface {
namespace {

Triplets no_triplets() { return from_table(torch::empty({0, 3}, torch::kLong)); }

}  // namespace

SemiOnlineSource::SemiOnlineSource(const PhaseContext& phase, const Objective& objective)
    : phase_(phase), sampler_(phase, objective), bad_images_(phase.run.known_bad_images) {
  pool_.triplets = no_triplets();
}

StepBatch SemiOnlineSource::next(int64_t step) {
  StepBatch result;
  // A phase that continues without the pool of its checkpoint takes batches that no earlier pool has used: a pool takes
  // at least one step, so their numbers are not below the step.
  if (pool_.is_over(step)) result.pool = begin_pool(pool_.number < 0 ? step : pool_.number + 1, step);
  if (!pool_.images.images.defined()) pool_.images = load(pool_.number);
  if (pool_.sub_batches.empty()) return result;
  const SubBatch& part = pool_.sub_batches[static_cast<size_t>(step - pool_.first_step)];
  const Tensor rows = torch::tensor(part.images, torch::kLong);
  const Share share = share_of(rows.size(0), *phase_.setup.processes);
  result.batch.whole = rows.size(0);
  result.batch.images =
      pool_.images.images.index_select(0, rows.slice(0, share.begin, share.end).to(pool_.images.images.device()));
  result.batch.labels = pool_.images.labels.index_select(0, rows);
  for (const int64_t row : part.images) result.batch.indices.push_back(pool_.images.indices[static_cast<size_t>(row)]);
  result.triplets = part.triplets;
  return result;
}

PoolReport SemiOnlineSource::begin_pool(int64_t number, int64_t step) {
  // pool_ is assigned last: if anything throws before, the previous pool stays, and a checkpoint keeps it.
  Batch images = load(number);
  const Stopwatch watch;
  const int64_t size = images.images.size(0);
  const Share share = share_of(size, *phase_.setup.processes);
  const Tensor own = images.images.slice(0, share.begin, share.end);
  const Tensor embeddings =
      gather_shares(*phase_.setup.processes, Embedder(phase_.setup.model).embed(own, Flip::kNone), size);
  const double embedding_seconds = watch.seconds();
  PoolSelection selection = select_from_pool(phase_, embeddings, images.labels, number, step);
  pool_ = {.number = number,
           .first_step = step,
           .triplets = selection.triplets,
           .sub_batches = cut(selection.triplets, number),
           .images = std::move(images)};
  PoolReport& report = selection.report;
  report.steps = pool_.steps();
  report.embedding_milliseconds = 1e3 * embedding_seconds;
  if (selection.triplets.size() == 0) {
    log_warning("phase {}: {} selects no triplet from pool {} of {} images; step {} changes nothing",
                phase_.options().name, strategy_name(phase_.options().objective.mining.strategy_at(step)), number,
                report.images, step + 1);
  } else {
    log_info("phase {}: pool {}: {} triplets of {} images, {} steps (embedded in {:.0f} ms, selected in {:.0f} ms)",
             phase_.options().name, number, selection.triplets.size(), report.images, report.steps,
             report.embedding_milliseconds, report.mining_milliseconds);
  }
  return report;
}

Batch SemiOnlineSource::load(int64_t pool_number) {
  const int64_t scale = phase_.options().objective.mining.pool.scale;
  if (loader_ == nullptr) {
    sampler_.prepare(bad_images_);
    // There is at most one pool per step.
    loader_ = make_batches(phase_, sampler_.sampler(), Loads::kWhole, pool_number * scale, phase_.steps() * scale,
                           bad_images_.known());
  }
  std::vector<Tensor> images, labels;
  Batch pool;
  for (int64_t i = 0; i < scale; ++i) {
    const Batch batch = loader_->next();
    images.push_back(batch.images);
    labels.push_back(batch.labels);
    pool.indices.insert(pool.indices.end(), batch.indices.begin(), batch.indices.end());
  }
  pool.images = at::cat(images);
  pool.labels = at::cat(labels);
  return pool;
}

std::vector<SubBatch> SemiOnlineSource::cut(const Triplets& triplets, int64_t pool_number) const {
  SubBatches parts(triplets, batch_size(),
                   Random(phase_.seed(), RandomStream::kTripletOrder, static_cast<uint64_t>(pool_number)));
  std::vector<SubBatch> list;
  while (auto part = parts.next()) list.push_back(*std::move(part));
  return list;
}

NamedTensors SemiOnlineSource::state() const {
  NamedTensors state = sampler_.state();
  state.tensors.emplace_back("pool.number_and_first_step",
                             torch::tensor({pool_.number, pool_.first_step}, torch::kLong));
  state.tensors.emplace_back("pool.triplets", to_table(pool_.triplets));
  return state;
}

void SemiOnlineSource::restore(const NamedTensors& state) {
  sampler_.restore(state);
  const Tensor place = state.at("pool.number_and_first_step"), table = state.at("pool.triplets");
  require(place.numel() == 2 && table.dim() == 2 && table.size(1) == 3, "the checkpoint's pool is of another shape");
  pool_ = {.number = place[0].item<int64_t>(), .first_step = place[1].item<int64_t>(), .triplets = from_table(table)};
  pool_.sub_batches = cut(pool_.triplets, pool_.number);
}

std::vector<UnreadableImage> SemiOnlineSource::take_bad_images() {
  if (loader_ != nullptr) bad_images_.add_from(*loader_);
  return bad_images_.take();
}

}  // namespace massface
