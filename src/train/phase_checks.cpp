#include "train/phase_checks.h"

#include "core/error.h"

namespace massface {
namespace {

void check_sub_batch(const PhaseOptions& phase) {
  require(phase.batch.sub_batch == 0 || phase.batch_norm != "batch",
          "phase {}: batch.sub_batch is {}, but batch_norm is \"batch\": the statistics of a part of the batch are not "
          "those of the whole. Set {}.batch_norm to \"running\" or \"frozen\", or {}.batch.sub_batch to 0",
          phase.name, phase.batch.sub_batch, phase.name, phase.name);
}

}  // namespace

void check_phases(const Recipe& recipe) {
  for (const PhaseOptions& phase : recipe.phases) check_sub_batch(phase);
}

}  // namespace massface
