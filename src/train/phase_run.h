#pragma once

#include <memory>
#include <optional>

#include "objective/objective.h"
#include "optimizer/optimizer.h"
#include "pool/batch_source.h"
#include "recipe/training_setup.h"
#include "telemetry/step_report.h"
#include "tensor_file/safetensors.h"
#include "train/distillation.h"
#include "train/training_step.h"
#include "train/weight_average.h"

namespace massface {

// A phase in progress. Each step draws a batch (and triplets, if a pool selects them), embeds it, computes the loss and
// updates the weights.
class PhaseRun {
 public:
  // Begins at first_step. If first_step is above 0, restore() must follow.
  PhaseRun(TrainingSetup& setup, int64_t phase_index, int64_t first_step, const RunContext& run = {});

  int64_t steps() const { return steps_; }
  // The learning rate of a step, counted from 0, if the phase had `length` steps.
  double learning_rate(int64_t step, int64_t length) const;
  int64_t batch_size() const { return source_->batch_size(); }

  // Trains on the next batch of the source, if it has one (see StepBatch::empty). The report's run-wide field
  // (global_step) is left to the caller. If the loss or the gradient is not finite, no weight changes and the report's
  // `failure` gives the reason. rate: in the place of the schedule's learning rate.
  StepReport step(std::optional<double> rate = std::nullopt);

  // The state of the classifier, the optimizer and the source, whole in the first process; to be called by all of them.
  // At the end of a phase that does not keep its classifier, it only records that they were dropped.
  NamedTensors state() const;
  // Throws Error if the tensors are not those of this phase, or if they were dropped and the phase is not over. A
  // source with another basis (source_basis) starts afresh, with a warning. If the people of the training set have
  // changed, each keeps the rows of the classifier and of its optimizer that belong to the name; new people get fresh
  // rows, and those of people who left are dropped, with a warning.
  void restore(const NamedTensors& state);

  // The parameters that the phase learns besides the network's, on the CPU, for a phase that continues with them: the
  // rows of this process.
  NamedTensors classifier() const;
  // The classifier alone, for the next phase: whose images a memory of embeddings would hold is its own affair.
  NamedTensors handover() const;
  // Called before the first step. Throws Error if the tensors are not those of this phase.
  void begin_with(const NamedTensors& classifier);

  // What the phase has made so far of the network that it began with: the average of its weights if ema.decay is set,
  // otherwise the weights.
  const Model& result() const { return average_ ? average_->model() : setup_.model; }

  double seconds_waited() const { return source_->seconds_waited(); }
  std::vector<UnreadableImage> take_bad_images() { return source_->take_bad_images(); }

 private:
  bool network_learns() const;
  int64_t first_step_of_network() const;
  Optimizer::NamedParameters more_parameters() const;
  bool can_be_recorded() const;
  void restore_more(const NamedTensors& state);
  NamedTensors for_present_people(const NamedTensors& state) const;
  StepRequest request_of(const StepBatch& drawn, double learning_rate) const;
  StepReport passed(StepReport report, double seconds);

  TrainingSetup& setup_;
  PhaseContext context_;
  const PhaseOptions& options_;
  std::unique_ptr<Objective> objective_;
  std::unique_ptr<Distillation> distillation_;  // null without a teacher
  std::optional<WeightAverage> average_;
  std::unique_ptr<Optimizer> optimizer_;
  std::unique_ptr<TrainingStep> step_;
  std::unique_ptr<BatchSource> source_;
  int64_t steps_;
  int64_t next_step_;
};

}  // namespace massface
