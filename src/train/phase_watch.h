#pragma once

#include <optional>
#include <string>

#include "recipe/training_setup.h"
#include "train/phase_best.h"
#include "train/run_directory.h"

namespace massface {

// Follows how good a phase's network is on held-out people: keeps its best weights, warns when they get worse than
// those that the phase started from, and says when they no longer get better. Every process of a training has the same;
// the first one writes it to RUN/checkpoints/PHASE-best.safetensors.
class PhaseWatch {
 public:
  // phase_step: steps trained so far; if any, goes on with what the run's file has up to there. setup: must outlive
  // this.
  PhaseWatch(const TrainingSetup& setup, const LockedRun& run, int64_t phase_index, int64_t phase_step);

  // Whether the accuracies decide what the phase results in (keeps_best), or when it ends (early_stopping).
  bool is_watched() const;

  // Takes the accuracy of weights; does nothing unless is_watched().
  void offer(const HeldOutAccuracy& measured, const Model& model);

  bool has_settled(int64_t phase_step) const;

  // Returns the best weights if the phase results in these, since its last ones have a lower accuracy, or one that is
  // not known; else null. Says so in the log.
  const PhaseBest* better_than(std::optional<double> last_accuracy) const;

 private:
  const PhaseOptions& options() const { return setup_.recipe.phases[static_cast<size_t>(phase_index_)]; }
  void read(int64_t phase_step);
  void write();
  void warn_of_fall(const HeldOutAccuracy& measured);
  void warn_of_classifier() const;

  const TrainingSetup& setup_;
  LockedRun run_;
  int64_t phase_index_;
  PhaseBest best_;
  bool has_warned_of_fall_ = false;
};

}  // namespace massface
