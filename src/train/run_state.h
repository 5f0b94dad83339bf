#pragma once

#include <iterator>
#include <memory>
#include <optional>
#include <string>

#include "checkpoint/checkpoint.h"
#include "core/stop_signal.h"
#include "recipe/training_setup.h"
#include "train/phase_run.h"
#include "train/phase_watch.h"
#include "train/run_directory.h"
#include "train/run_measurements.h"
#include "train/run_records.h"
#include "train/train.h"

namespace massface {

// The state of a run that survives a phase change: its position, its checkpoints and its records. Each process of a
// training has the same one, and the first writes it.
class RunState {
 public:
  // Goes to the newest checkpoint if the run is resumed. Throws Error if that is damaged or was written under other
  // conditions (binary, device, kernels, threads, data set; a warning with resume.allow_inexact).
  RunState(TrainingSetup setup, const LockedRun& run, ResumeOptions resume);

  const RunPosition& position() const { return position_; }
  bool all_phases_done() const;

  // Returns the phase at position(), with the checkpoint's state if the run continues within the phase.
  PhaseRun begin_phase();

  // Trains one step, counts it, records its report, and lets the processes agree on whether to stop. Throws Failure,
  // after recording the report, if the step could not be taken; and what PhaseRun::step() throws, after listing the bad
  // images and saving what has been trained.
  StepReport step(PhaseRun& phase);

  bool checkpoint_is_due(const PhaseRun& phase) const;

  // Writes a checkpoint, then measures the held-out pairs and adds the accuracy to it; after a stop signal, only the
  // checkpoint. A full disk is a warning: the older checkpoints stay, the next one is tried again, and only finish()
  // fails, if the last one could not be written.
  void write_checkpoint(PhaseRun& phase);

  // Before the first step of this process in the phase: measures what the process before should have measured after its
  // newest checkpoint, but was stopped; and if the phase may end with the weights that it starts from (keeps_best),
  // writes them as a checkpoint and measures them.
  void measure_at_start(PhaseRun& phase);

  // Measures the [[verification]] sets that are due after this step. One that fails is a warning. At the end of a
  // phase, end_phase() measures what it has resulted in.
  void verify_sets(const PhaseRun& phase);

  // Returns whether the phase has trained its last step, or ends before it because it no longer gets better
  // (early_stopping).
  bool is_over(const PhaseRun& phase) const { return position_.phase_step == phase.steps() || has_settled(phase); }

  // Writes the checkpoint and the weights of the phase's end, and moves on to the next phase. If a signal prevents the
  // measurement, only the checkpoint is written: the phase ends when the run continues.
  void end_phase(PhaseRun& phase);

  // Throws Failure if the last checkpoint could not be written.
  void finish();

  // The accuracy of the weights at position(), if it was measured.
  std::optional<double> validation_accuracy() const;
  int64_t num_bad_images() const { return std::ssize(records_->bad_images()); }
  double checkpoint_seconds() const { return checkpoint_seconds_; }
  double validation_seconds() const { return measurements_.seconds(); }

 private:
  Processes& processes() const { return *setup_.processes; }
  std::optional<Checkpoint> newest_checkpoint() const;
  std::set<ImageIndex> bad_images_so_far(bool resume) const;
  void resume_from_newest();
  void go_to(const Checkpoint& checkpoint);
  void check_lengths() const;
  void enter_next_phase();
  void say_new_rates(const PhaseRun& phase, int64_t length_before) const;
  void validate(const PhaseRun& phase);
  bool has_settled(const PhaseRun& phase) const;
  void offer_to_watch(const PhaseRun& phase);
  void take_result(const PhaseRun& phase);
  const PhaseOptions& options() const { return setup_.recipe.phases[static_cast<size_t>(position_.phase_index)]; }
  void record_accuracy();
  void save_checkpoint(PhaseRun& phase);
  void require_same_weights() const;

  LockedRun run_;
  TrainingSetup setup_;
  std::optional<CheckpointStore> store_;  // of the process that writes
  std::unique_ptr<RunRecords> records_;
  RunPosition position_;
  std::map<std::string, std::string> conditions_;
  bool allow_inexact_;
  bool options_changed_;              // RUN/options.toml has still to be replaced by the recipe's options
  NamedTensors previous_classifier_;  // the classifier of the phase that ended last
  NamedTensors resumed_training_;     // to restore in begin_phase(); empty otherwise
  RunMeasurements measurements_;
  std::optional<PhaseWatch> watch_;  // of the phase at position_
  std::string last_write_error_;     // empty if the last checkpoint was written
  double checkpoint_seconds_ = 0;
};

}  // namespace massface
