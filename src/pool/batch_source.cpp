#include "pool/batch_source.h"

#include "core/error.h"
#include "core/hash.h"
#include "core/threads.h"
#include "pool/offline_source.h"
#include "pool/online_source.h"
#include "pool/semi_online_source.h"

namespace massface {

std::unique_ptr<BatchSource> make_batch_source(const PhaseContext& phase, const Objective& objective) {
  const std::string& pool = phase.options().objective.mining.pool.pool;
  if (pool == "online") return std::make_unique<OnlineSource>(phase, objective);
  if (pool == "semi_online") return std::make_unique<SemiOnlineSource>(phase, objective);
  if (pool == "offline") return std::make_unique<OfflineSource>(phase, objective);
  fail("unknown mining.pool '{}'", pool);
}

std::string source_basis(const PhaseContext& phase) {
  const PhaseOptions& options = phase.options();
  const IdentitySamplerOptions& batch = options.objective.batch.by_identity;
  const PoolOptions& pool = options.objective.mining.pool;
  const int64_t memory = options.objective.mining.memory;
  return fmt::format(
      "{} pool of {} x {} images of identities with at least {}, similar {}, scale {}, rounds of {} epochs or {} "
      "steps, "
      "seed {}, data set {} less {} identities{}",
      pool.pool, batch.identities, batch.images_per_identity, batch.min_images, batch.similar_identities, pool.scale,
      pool.round_epochs, pool.round_steps, phase.seed(), hex(phase.setup.whole->fingerprint()),
      phase.setup.recipe.validation.identities, memory > 0 ? fmt::format(", a memory of {}", memory) : "");
}

std::unique_ptr<SharedBatches> make_batches(const PhaseContext& phase, const Sampler& sampler, Loads loads,
                                            int64_t first_step, int64_t end_step,
                                            const std::set<ImageIndex>& known_bad) {
  const TrainingSetup& setup = phase.setup;
  PipelineOptions options = setup.recipe.pipeline;
  // A GPU leaves the CPU's cores idle, and consumes more images than a quarter of them can decode.
  if (setup.device.is_cuda() && options.decode_threads == 0) options.decode_threads = available_cores();
  const Processes& processes = *setup.processes;
  const bool whole = loads == Loads::kWhole;
  const double max_bad = setup.recipe.dataset.max_bad_fraction;
  auto loader = std::make_unique<BatchLoader>(BatchLoader::Source{.dataset = *setup.training,
                                                                  .sampler = sampler,
                                                                  .height = setup.model.input.height,
                                                                  .width = setup.model.input.width,
                                                                  .decoded = setup.decoded.get(),
                                                                  .pinned = setup.device.is_cuda(),
                                                                  .rank = whole ? 0 : processes.rank(),
                                                                  .processes = whole ? 1 : processes.size()},
                                              options, max_bad, phase.seed(), first_step, end_step, known_bad);
  return std::make_unique<SharedBatches>(std::move(loader), setup.processes, whole, *setup.training, max_bad,
                                         known_bad);
}

void require_possible_source(const PhaseOptions& phase, const Dataset& dataset) {
  const ObjectiveOptions& options = phase.objective;
  const PoolOptions& pool = options.mining.pool;
  require(pool.pool == "online" || is_triplet_loss(options.loss),
          "mining.pool is \"{}\", but the loss is \"{}\", which has no triplets to select", pool.pool, options.loss);
  require(pool.sample_identities <= dataset.num_identities(),
          "mining.sample_identities is {}, but there are {} identities to train on; 0 uses all", pool.sample_identities,
          dataset.num_identities());
  require(
      options.mining.memory <= dataset.size(),
      "mining.memory is {}, but there are {} images to train on: an older embedding of an image would stand beside a "
      "newer one",
      options.mining.memory, dataset.size());
  if (options.batch.by_identity.similar_identities == 0) return;
  require(draws_identities(options.loss),
          "batch.similar_identities is {}, but the loss is \"{}\", whose batches are drawn from all images",
          options.batch.by_identity.similar_identities, options.loss);
  require(pool.pool != "offline",
          "batch.similar_identities is {}, but mining.pool is \"offline\", which searches all identities and does "
          "not draw batches of identities",
          options.batch.by_identity.similar_identities);
}

}  // namespace massface
