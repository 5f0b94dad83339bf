#include "train/offline_sample.h"

#include <algorithm>

namespace massface {

double shrink_offline_pool(PhaseOptions& phase, const Dataset& dataset) {
  constexpr int64_t kEmbeddedImages = 512;  // enough to extrapolate from
  int64_t& sample = phase.objective.mining.pool.sample_identities;
  const int64_t identities = sample > 0 ? sample : dataset.num_identities();
  const int64_t enough = std::max<int64_t>(2, kEmbeddedImages * dataset.num_identities() / dataset.size());
  if (phase.objective.mining.pool.pool != "offline" || enough >= identities) return 1;
  sample = enough;
  return static_cast<double>(identities) / static_cast<double>(enough);
}

}  // namespace massface
