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
            "the checkpoint is smaller, but the phase cannot be extended later. A phase that early_stopping ends keeps "
            "both, since its last checkpoint is written before that is known.");
}

void EmaOptions::describe(OptionTable& table) {
  table.add("decay", decay, {.min = 0, .max = 0.999999},
            "Average the weights and the running statistics of BatchNorm over the last 1 / (1 - decay) steps or so. "
            "What is measured, saved and handed to the next phase is the average. 0: off. Default of a phase that "
            "fine-tunes: 0.99.");
}

void EarlyStoppingOptions::describe(OptionTable& table) {
  table.add(
      "patience", patience, {.min = 0, .max = 1e6},
      "End the phase once so many measurements of the held-out pairs in a row were not better, by more than a standard "
      "error, than the last one that was. 0: off.");
}

void DistillOptions::describe(OptionTable& table) {
  table.add(
      "teacher", teacher,
      "Weights to learn from, a file or a run: the squared distance of each image's embedding to the teacher's is "
      "added to the loss. The teacher takes images of the same size. Where its embeddings have another size, a "
      "linear map is learned with the network.");
  table.add("weight", weight, {.min = 0, .max = 1e6}, "Factor of that distance, which is at most 4.");
}

void PhaseOptions::describe(OptionTable& table) {
  table.add_choice("loss", objective.loss, objective_names(), "The loss that the phase minimises.");
  table.add("epochs", epochs, {.min = 0, .max = 1e6},
            "Length of the phase in passes over all images (classification) or all identities (losses that draw "
            "identities). Set either epochs or steps.");
  table.add("steps", steps, {.min = 0, .max = kMostSteps},
            "Length of the phase in optimizer steps. Set either epochs or steps.");
  table.add_choice(
      "result", result, {"auto", "best", "last"},
      "Which weights the phase ends with. best: those of the checkpoint that was best on the held-out pairs, "
      "or those that it started from if none was better. auto: best for a phase with batches of identities if "
      "identities are held out, otherwise last.");
  table.group("batch", [&] { objective.batch.describe(table); });
  table.add_choice("batch_norm", batch_norm, batch_norm_names(),
                   "What BatchNorm does in the phase. batch normalises with the batch's statistics and updates the "
                   "running statistics; synchronised does so with the statistics of the batch of all processes that "
                   "train together (batch: each with those of its share of the batch), which makes a training the same "
                   "on any number of them; running normalises with the running statistics and does not update them; "
                   "frozen also does not train its scale and shift. With a semi-online or offline pool, batch and "
                   "synchronised are seldom right: the statistics may then come from a sub-batch of only three images. "
                   "Default of a phase that fine-tunes: running.");
  table.group("optimizer", [&] { optimizer.describe(table); });
  table.group("schedule", [&] { schedule.describe(table); });
  table.group("classifier", [&] {
    objective.classifier.describe(table);
    handover.describe(table);
  });
  table.group("triplet", [&] { objective.triplet.describe(table); });
  table.group("mining", [&] { objective.mining.describe(table); });
  table.group("joint", [&] { objective.joint.describe(table); });
  table.group("multi_similarity", [&] { objective.multi_similarity.describe(table); });
  table.group("supcon", [&] { objective.supcon.describe(table); });
  table.group("ema", [&] { ema.describe(table); });
  table.group("early_stopping", [&] { early_stopping.describe(table); });
  table.group("distill", [&] { distill.describe(table); });
}

}  // namespace massface
