#include "train/batch_source.h"

#include "core/error.h"
#include "train/offline_source.h"
#include "train/online_source.h"
#include "train/semi_online_source.h"

namespace massface {

std::unique_ptr<BatchSource> make_batch_source(const PhaseContext& phase, const Objective& objective) {
  const std::string& pool = phase.options().mining.pool.pool;
  auto sampler = objective.make_sampler(*phase.setup.training, phase.seed());
  if (pool == "online") return std::make_unique<OnlineSource>(phase, std::move(sampler));
  if (pool == "semi_online") return std::make_unique<SemiOnlineSource>(phase, std::move(sampler));
  if (pool == "offline") return std::make_unique<OfflineSource>(phase, std::move(sampler));
  fail("unknown mining.pool '{}'", pool);
}

void require_possible_pool(const PhaseOptions& phase, const Objective& objective, const Dataset& dataset) {
  const PoolOptions& pool = phase.mining.pool;
  require(pool.pool == "online" || objective.takes_triplets(),
          "mining.pool is \"{}\", but the loss is \"{}\", which has no triplets to select", pool.pool, phase.loss);
  require(pool.sample_identities <= dataset.num_identities(),
          "mining.sample_identities is {}, but there are {} identities to train on; 0 takes all",
          pool.sample_identities, dataset.num_identities());
}

}  // namespace massface
