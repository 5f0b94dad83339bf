#pragma once

#include <memory>

#include "objective/objective.h"
#include "optimizer/optimizer.h"
#include "pool/batch_source.h"
#include "recipe/training_setup.h"
#include "telemetry/step_report.h"
#include "tensor_file/safetensors.h"
#include "train/training_step.h"

namespace massface {

// One phase in progress: draws (and where a pool does, selects), embeds, computes the loss, steps.
class PhaseRun {
 public:
  // Begins at first_step; when it is above 0, restore() must follow.
  PhaseRun(TrainingSetup& setup, int64_t phase_index, int64_t first_step, const RunContext& run = {});

  int64_t steps() const { return steps_; }
  int64_t batch_size() const { return source_->batch_size(); }

  // Trains on what the source gives next, if anything (BatchSource). The report's run-wide fields (global_step) are the
  // caller's. When the loss or the gradient is not finite, no weight changes and the report's `failure` says so.
  StepReport step();

  // Of the classifier, the optimizer and the source; at the end of a phase that does not keep the classifier, nothing
  // but the word that they are dropped.
  NamedTensors state() const;
  // Throws Error when the tensors are not those of this phase, or were dropped and the phase is not over. A source on
  // another basis (source_basis) begins anew, with a warning.
  void restore(const NamedTensors& state);

  // What the phase learns besides the network, on the CPU: for a phase that continues with it.
  NamedTensors classifier() const;
  // Before the first step. Throws Error when the tensors are not those of this phase.
  void begin_with(const NamedTensors& classifier);

  double seconds_waited() const { return source_->seconds_waited(); }
  std::vector<BadImageReport> take_bad_images() { return source_->take_bad_images(); }

 private:
  bool network_learns() const;
  StepRequest request_of(const StepBatch& drawn, double learning_rate) const;
  StepReport passed(StepReport report, double seconds);

  TrainingSetup& setup_;
  PhaseContext context_;
  const PhaseOptions& options_;
  std::unique_ptr<Objective> objective_;
  std::unique_ptr<Optimizer> optimizer_;
  std::unique_ptr<TrainingStep> step_;
  std::unique_ptr<BatchSource> source_;
  int64_t steps_;
  int64_t next_step_;
};

}  // namespace massface
