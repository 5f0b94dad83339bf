#include "train/batch_source.h"

#include "core/error.h"
#include "train/offline_source.h"
#include "train/online_source.h"
#include "train/semi_online_source.h"

namespace massface {

std::unique_ptr<BatchSource> make_batch_source(const PhaseContext& phase, const Objective& objective) {
  const std::string& pool = phase.options().mining.pool.pool;
  if (pool == "online") return std::make_unique<OnlineSource>(phase, objective);
  if (pool == "semi_online") return std::make_unique<SemiOnlineSource>(phase, objective);
  if (pool == "offline") return std::make_unique<OfflineSource>(phase, objective);
  fail("unknown mining.pool '{}'", pool);
}

void require_possible_source(const PhaseOptions& phase, const Objective& objective, const Dataset& dataset) {
  const PoolOptions& pool = phase.mining.pool;
  require(pool.pool == "online" || objective.takes_triplets(),
          "mining.pool is \"{}\", but the loss is \"{}\", which has no triplets to select", pool.pool, phase.loss);
  require(pool.sample_identities <= dataset.num_identities(),
          "mining.sample_identities is {}, but there are {} identities to train on; 0 takes all",
          pool.sample_identities, dataset.num_identities());
  if (phase.batch.by_identity.similar_identities == 0) return;
  require(objective.draws_identities(),
          "batch.similar_identities is {}, but the loss is \"{}\", whose batches are of any images",
          phase.batch.by_identity.similar_identities, phase.loss);
  require(pool.pool != "offline",
          "batch.similar_identities is {}, but mining.pool is \"offline\", which searches all identities and draws no "
          "batches of them",
          phase.batch.by_identity.similar_identities);
}

}  // namespace massface
