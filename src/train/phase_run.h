#pragma once

#include <memory>

#include "optimizer/optimizer.h"
#include "pipeline/batch_loader.h"
#include "sampling/sampler.h"
#include "telemetry/step_report.h"
#include "tensor_file/safetensors.h"
#include "train/objective.h"
#include "train/training_setup.h"

namespace massface {

// One phase in progress: draws, embeds, mines, computes the loss, steps.
class PhaseRun {
 public:
  // Begins at first_step (0 for a new phase; then restore() must follow when it is above 0).
  PhaseRun(TrainingSetup& setup, int64_t phase_index, int64_t first_step);

  int64_t steps() const { return steps_; }
  int64_t batch_size() const { return sampler_->batch_size(); }

  // Trains on the next batch. The report's run-wide fields (global_step) are the caller's. Throws Failure, before any
  // weight changes, when the loss or the gradient is not finite.
  StepReport step();

  // Classifier and optimizer state.
  NamedTensors state() const;
  // Throws Error when the tensors are not those of this phase.
  void restore(const NamedTensors& state);

  double seconds_waited() const { return loader_->seconds_waited(); }
  std::vector<BadImageReport> take_bad_images() { return loader_->take_bad_images(); }

 private:
  TrainingSetup& setup_;
  const PhaseOptions& options_;
  std::unique_ptr<Sampler> sampler_;
  std::unique_ptr<Objective> objective_;
  std::unique_ptr<Optimizer> optimizer_;
  std::unique_ptr<BatchLoader> loader_;
  int64_t steps_;
  int64_t next_step_;
};

// Steps of a phase: its `steps`, or its `epochs` times the sampler's walk.
int64_t phase_steps(const PhaseOptions& options, const Sampler& sampler);

}  // namespace massface
