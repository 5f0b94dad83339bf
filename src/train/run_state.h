#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>

#include "checkpoint/checkpoint.h"
#include "recipe/training_setup.h"
#include "telemetry/telemetry.h"
#include "train/phase_run.h"
#include "train/run_directory.h"
#include "train/train.h"

namespace massface {

// What of a run outlives a phase: where it stands, its checkpoints and its records.
class RunState {
 public:
  // When resuming, goes to the newest checkpoint. Throws Error when it is damaged or was made under other conditions
  // (binary, device, kernels, threads, data set; resume.allow_inexact only warns).
  RunState(TrainingSetup setup, const RunDirectory& run, ResumeOptions resume);

  const RunPosition& position() const { return position_; }
  bool all_phases_done() const;

  // The phase at position(), with the checkpoint's state when the run continues within it.
  PhaseRun begin_phase();

  // Trains one step, counts it and records its report. A record that cannot be written (a full disk) warns once and
  // does not stop the training. Throws Failure when the step could not be taken, its report recorded, and what
  // PhaseRun::step() throws, after the bad images are listed and what is trained so far is saved.
  StepReport step(PhaseRun& phase);

  bool checkpoint_is_due(const PhaseRun& phase) const;

  // Measures the held-out pairs and writes. A full disk is a warning: the old ones stay, the next time it is tried
  // again, and only finish() fails when the last of them has failed.
  void write_checkpoint(PhaseRun& phase);

  // Writes the checkpoint and the weights of the phase's end and moves on to the next.
  void end_phase(PhaseRun& phase);

  // Throws Failure when the last checkpoint could not be written.
  void finish();

  std::optional<double> validation_accuracy() const { return validation_accuracy_; }
  int64_t num_bad_images() const { return static_cast<int64_t>(bad_images_.size()); }
  double checkpoint_seconds() const { return checkpoint_seconds_; }
  double validation_seconds() const { return validation_seconds_; }

 private:
  void resume_from_newest();
  void go_to(const Checkpoint& checkpoint);
  void check_lengths() const;
  void enter_next_phase();
  void record(const StepReport& report, PhaseRun& phase);
  // What something beside the steps took, into the records.
  void record_seconds(const std::string& name, double seconds);
  void validate();
  void save_checkpoint(PhaseRun& phase);
  void list_bad_images(PhaseRun& phase);

  RunDirectory run_;
  RunLock lock_;
  TrainingSetup setup_;
  CheckpointStore store_;
  std::unique_ptr<Telemetry> telemetry_;
  RunPosition position_;
  std::map<std::string, std::string> conditions_;
  bool allow_inexact_;
  bool options_changed_;              // those of the run directory are yet to be replaced by the recipe's
  NamedTensors previous_classifier_;  // of the phase that ended last
  NamedTensors resumed_training_;     // to restore in begin_phase(); empty otherwise
  std::optional<double> validation_accuracy_;
  std::string last_write_error_;  // empty when the last checkpoint was written
  bool record_failed_ = false;
  std::set<ImageIndex> bad_images_;  // of setup_.training, met so far; RUN/bad_images.txt lists them
  double checkpoint_seconds_ = 0;
  double validation_seconds_ = 0;
};

}  // namespace massface
