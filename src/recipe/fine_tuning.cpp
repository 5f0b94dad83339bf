#include "recipe/fine_tuning.h"

#include "objective/objective.h"

namespace massface {

bool fine_tunes(const Recipe& recipe, size_t phase) {
  return draws_identities(recipe.phases[phase].objective.loss) && (phase > 0 || !recipe.from.empty());
}

void set_fine_tuning_defaults(PhaseOptions& phase) {
  phase.batch_norm = "running";
  phase.optimizer.learning_rate = 0.005;
  phase.schedule.name = "cosine";
  phase.ema.decay = 0.99;
}

}  // namespace massface
