#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "mining/triplets.h"
#include "objective/objective.h"
#include "pipeline/batch_loader.h"
#include "recipe/training_setup.h"
#include "telemetry/step_report.h"
#include "tensor_file/safetensors.h"

namespace massface {

// What one optimizer step trains on.
struct StepBatch {
  Batch batch;
  std::optional<Triplets> triplets;  // positions in the batch, where a pool has selected them
  std::optional<PoolReport> pool;    // with the first step of a pool

  // A pool without a triplet gives nothing to train on: the step passes, and changes no weight.
  bool empty() const { return !batch.images.defined(); }
};

// Where a phase's steps get their images from: one class for each `mining.pool`.
class BatchSource {
 public:
  virtual ~BatchSource() = default;

  // step: of the phase; asked for one after the other. Throws what BatchLoader::next() throws, and Failure when a
  // pool's embeddings are not finite or its triplets cannot be written, Interrupted when a signal comes before there is
  // a batch.
  virtual StepBatch next(int64_t step) = 0;

  // What a checkpoint keeps of it; restore() before the first next(), with what a source of the same basis kept.
  virtual NamedTensors state() const { return {}; }
  virtual void restore(const NamedTensors& /*state*/) {}

  // Images of a step at the most; steps of an epoch.
  virtual int64_t batch_size() const = 0;
  virtual int64_t batches_per_epoch() const = 0;

  // As BatchLoader's.
  virtual double seconds_waited() const = 0;
  virtual std::vector<BadImageReport> take_bad_images() = 0;
};

// What a phase needs of its run.
struct RunContext {
  // Of the training set, met before: they count towards dataset.max_bad_fraction and are not reported again.
  std::set<ImageIndex> known_bad_images;
  std::filesystem::path directory;  // where an offline pool writes its rounds; empty: nowhere
  bool allow_inexact = false;       // what cannot be continued as it was begins anew, with a warning
};

// What a source needs of its phase.
struct PhaseContext {
  TrainingSetup& setup;  // outlives the source, as the phase's options in it
  int64_t phase_index;
  RunContext run = {};

  const PhaseOptions& options() const { return setup.recipe.phases[static_cast<size_t>(phase_index)]; }
  uint64_t seed() const { return setup.seed_of_phase(phase_index); }
  int64_t steps() const { return setup.steps_of_phase[static_cast<size_t>(phase_index)]; }
};

// What the state of the phase's source means something for: a pool's positions are those of other images once the data
// set or the batches have changed. For a person to read, too.
std::string source_basis(const PhaseContext& phase);

// By the phase's `mining.pool`.
std::unique_ptr<BatchSource> make_batch_source(const PhaseContext& phase, const Objective& objective);

// Loads steps [first_step, end_step) of the phase's training set; known_bad: see BatchLoader. The sampler outlives it.
std::unique_ptr<BatchLoader> make_batch_loader(const PhaseContext& phase, const Sampler& sampler, int64_t first_step,
                                               int64_t end_step, const std::set<ImageIndex>& known_bad);

// Throws Error for a pool or for batches that the phase cannot have; its messages go behind "phase NAME: ".
void require_possible_source(const PhaseOptions& phase, const Dataset& dataset);

}  // namespace massface
