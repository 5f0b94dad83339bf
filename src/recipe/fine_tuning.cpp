#include "recipe/fine_tuning.h"

#include "objective/objective.h"

namespace massface {

bool fine_tunes(const Recipe& recipe, size_t phase) {
  return draws_identities(recipe.phases[phase].objective.loss) && (phase > 0 || !recipe.from.empty());
}

void set_fine_tuning_defaults(PhaseOptions& phase) {
  phase.batch_norm = "running";
  const bool has_new_classifier = !classifier_of(phase.objective).empty() && !phase.handover.from_previous_phase;
  phase.optimizer.learning_rate = has_new_classifier ? 0.01 : 0.005;
  phase.schedule.name = "cosine";
  phase.ema.decay = 0.99;
}

}  // namespace massface
