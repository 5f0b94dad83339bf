#include "recipe/phase_options.h"

#include "backbone/backbone.h"
#include "objective/objective.h"

namespace massface {

void ClassifierHandover::describe(OptionTable& table) {
  table.add(
      "from_previous_phase", from_previous_phase,
      "Begin with the classifier that the phase before ended with, instead of a fresh one. That phase has to have "
      "the same classification loss.");
  table.add("keep", keep,
            "Keep the classifier, and the optimizer's state, in the checkpoint of the phase's end. Without them it is "
            "smaller, and the phase cannot be continued for longer.");
}

void PhaseOptions::describe(OptionTable& table) {
  table.add_choice("loss", objective.loss, objective_names(), "What the phase minimises.");
  table.add("epochs", epochs, {.min = 0},
            "Length of the phase: walks of the image list (classification) or of the identity list (triplet). Or give "
            "steps.");
  table.add("steps", steps, {.min = 0}, "Length of the phase in steps. Or give epochs.");
  table.group("batch", [&] { objective.batch.describe(table); });
  table.add_choice("batch_norm", batch_norm, batch_norm_names(),
                   "What BatchNorm does in the phase: batch normalises with the batch's statistics and updates the "
                   "running ones, running normalises with these and leaves them, frozen also leaves its scale and "
                   "shift. With a semi-online or offline pool batch is seldom right: a sub-batch of three images would "
                   "decide.");
  table.group("optimizer", [&] { optimizer.describe(table); });
  table.group("schedule", [&] { schedule.describe(table); });
  table.group("classifier", [&] {
    objective.classifier.describe(table);
    handover.describe(table);
  });
  table.group("triplet", [&] { objective.triplet.describe(table); });
  table.group("mining", [&] { objective.mining.describe(table); });
  table.group("joint", [&] { objective.joint.describe(table); });
}

}  // namespace massface
