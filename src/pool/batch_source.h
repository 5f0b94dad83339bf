#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "mining/triplets.h"
#include "objective/objective.h"
#include "pool/shared_batches.h"
#include "recipe/training_setup.h"
#include "telemetry/step_report.h"
#include "tensor_file/safetensors.h"

namespace massface {

// The data that one optimizer step trains on, the same in every process but for Batch::images.
struct StepBatch {
  Batch batch;
  std::optional<Triplets> triplets;  // positions in the batch, if they were selected from a pool
  std::optional<PoolReport> pool;    // set for the first step of a pool

  // True if the pool gave no triplets to train on: the step counts, but changes no weight.
  bool empty() const { return !batch.images.defined(); }
};

// The source of the images of a phase's steps: one class for each value of `mining.pool`.
class BatchSource {
 public:
  virtual ~BatchSource() = default;

  // Returns the images of a step of the phase. Steps are requested in order. Throws what BatchLoader::next() throws,
  // Failure if a pool's embeddings are not finite or its triplets cannot be written, and Interrupted if a signal
  // arrives before a batch is ready.
  virtual StepBatch next(int64_t step) = 0;

  // The tensors that a checkpoint keeps of the source.
  virtual NamedTensors state() const { return {}; }
  // Called before the first next(). state: of a source with the same source_basis().
  virtual void restore(const NamedTensors& /*state*/) {}

  // The maximum number of images in a step.
  virtual int64_t batch_size() const = 0;
  // The number of steps in an epoch.
  virtual int64_t batches_per_epoch() const = 0;

  // See the methods of BatchLoader.
  virtual double seconds_waited() const = 0;
  virtual std::vector<UnreadableImage> take_bad_images() = 0;
};

// The parts of a run that its phases use.
struct RunContext {
  // Images of the training set that were found unreadable before: they count towards dataset.max_bad_fraction and are
  // not reported again.
  std::set<ImageIndex> known_bad_images;
  std::filesystem::path directory;  // where an offline pool keeps its rounds; empty: they are not kept
  bool allow_inexact = false;       // state that cannot be resumed exactly starts afresh, with a warning
};

// The parts of a phase that its source uses.
struct PhaseContext {
  TrainingSetup& setup;  // outlives the source, as do the phase's options in it
  int64_t phase_index;
  RunContext run = {};

  const PhaseOptions& options() const { return setup.recipe.phases[static_cast<size_t>(phase_index)]; }
  uint64_t seed() const { return setup.seed_of_phase(phase_index); }
  int64_t steps() const { return setup.steps_of_phase[static_cast<size_t>(phase_index)]; }
};

// Describes what the state of the phase's source is valid for: once the data set or the batches have changed, a pool's
// positions refer to other images. The text is compared, and readable in messages.
std::string source_basis(const PhaseContext& phase);

// Creates the source that the phase's `mining.pool` names.
std::unique_ptr<BatchSource> make_batch_source(const PhaseContext& phase, const Objective& objective);

// Who loads the images of a batch: each process its share, or each process all of them.
enum class Loads { kShare, kWhole };

// Loads steps [first_step, end_step) of the phase's training set; known_bad: see BatchLoader. The sampler
// must outlive the result.
std::unique_ptr<SharedBatches> make_batches(const PhaseContext& phase, const Sampler& sampler, Loads loads,
                                            int64_t first_step, int64_t end_step,
                                            const std::set<ImageIndex>& known_bad);

// Throws Error for a pool or for batches that the phase cannot have. The messages are meant to follow "phase NAME: ".
void require_possible_source(const PhaseOptions& phase, const Dataset& dataset);

}  // namespace massface
