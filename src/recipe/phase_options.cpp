#include "recipe/phase_options.h"

#include "backbone/backbone.h"
#include "objective/objective.h"

namespace massface {

void ClassifierHandover::describe(OptionTable& table) {
  table.add(
      "from_previous_phase", from_previous_phase,
      "Start with the classifier that the previous phase ended with, instead of a newly initialised one. That phase "
      "must have the same classification loss.");
  table.add("keep", keep,
            "Keep the classifier and the optimizer's state in the checkpoint at the end of the phase. Without them "
            "the checkpoint is smaller, but the phase cannot be extended later.");
}

void PhaseOptions::describe(OptionTable& table) {
  table.add_choice("loss", objective.loss, objective_names(), "The loss that the phase minimises.");
  table.add("epochs", epochs, {.min = 0, .max = 1e6},
            "Length of the phase in passes over all images (classification) or all identities (triplet). Set either "
            "epochs or steps.");
  table.add("steps", steps, {.min = 0, .max = kMostSteps},
            "Length of the phase in optimizer steps. Set either epochs or steps.");
  table.group("batch", [&] { objective.batch.describe(table); });
  table.add_choice("batch_norm", batch_norm, batch_norm_names(),
                   "What BatchNorm does in the phase. batch normalises with the batch's statistics and updates the "
                   "running statistics; synchronised does so with the statistics of the batch of all processes that "
                   "train together (batch: each with those of its share of the batch), which makes a training the same "
                   "on any number of them; running normalises with the running statistics and does not update them; "
                   "frozen also does not train its scale and shift. With a semi-online or offline pool, these two "
                   "are seldom right: the statistics may then come from a sub-batch of only three images.");
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
