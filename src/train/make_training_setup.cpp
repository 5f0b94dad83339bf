#include "train/make_training_setup.h"

#include <algorithm>

#include "core/error.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/stopwatch.h"
#include "core/threads.h"
#include "distributed/shares.h"
#include "kernels/cuda_hooks.h"
#include "objective/objective.h"
#include "pipeline/image_sizes.h"
#include "pool/batch_source.h"

namespace massface {
namespace {

// Checks only the last epoch: a network that has begun to learn continues to do so.
void require_learning_network(const PhaseOptions& phase, const Objective& objective, int64_t steps,
                              int64_t steps_of_epoch) {
  const int64_t alone = phase.objective.joint.classifier_only_epochs;
  require(
      objective.network_learns((steps - 1) / steps_of_epoch),
      "joint.classifier_only_epochs is {}, which is {} steps, but the phase has {}: its network would learn nothing. "
      "Lower {}.joint.classifier_only_epochs, or make the phase longer",
      alone, alone * steps_of_epoch, steps, phase.name);
}

// Throws Error if a process's share of a batch does not fit into the backbone's memory budget. A GPU has no budget.
void require_memory(const TrainingSetup& setup, const PhaseOptions& phase, int64_t whole_batch) {
  const int64_t batch = share_of(whole_batch, 0, setup.processes->size()).size();
  if (!setup.device.is_cpu()) return;
  const int64_t part = phase.objective.batch.sub_batch;
  setup.model.network->require_memory(part > 0 ? std::min(part, batch) : batch,
                                      {setup.model.input.height, setup.model.input.width}, setup.bf16);
}

// Also finds the mistakes of later phases, so that none of them fails after hours of training an earlier phase.
void count_steps_of_phases(TrainingSetup& setup) {
  for (const PhaseOptions& phase : setup.recipe.phases) {
    try {
      const auto objective =
          make_objective(phase.objective, setup.model.backbone.embedding_size, setup.training->num_identities(),
                         setup.device, /*seed=*/0, setup.processes);
      require_possible_source(phase, *setup.training);
      const auto sampler = objective->make_sampler(*setup.training, /*seed=*/0, /*neighbours=*/{});
      const int64_t epoch = sampler->batches_per_epoch();
      require(phase.epochs <= kMostSteps / std::max<int64_t>(epoch, 1),
              "{}.epochs is {}, and an epoch has {} steps: a phase has at most {} steps", phase.name, phase.epochs,
              epoch, kMostSteps);
      const int64_t steps = phase.steps > 0 ? phase.steps : phase.epochs * epoch;
      require_learning_network(phase, *objective, steps, epoch);
      require_equal_shares(setup.processes->size(), phase, sampler->batch_size());
      require_memory(setup, phase, sampler->batch_size());
      setup.steps_of_phase.push_back(steps);
    } catch (const Error& error) {
      fail("phase {}: {}", phase.name, error.what());
    }
  }
}

// Decodes the training set into the device's memory if pipeline.device_cache asks for it. Called after the model is
// made, so that the free memory excludes the model's.
void keep_decoded(TrainingSetup& setup) {
  const InputFormat& input = setup.model.input;
  const PipelineOptions& options = setup.recipe.pipeline;
  const bool on_gpu = setup.device.is_cuda();
  const int64_t bytes = setup.training->size() * input.height * input.width * 3;
  const int64_t free = on_gpu ? cuda_hooks::free_memory_bytes(setup.device.index()) : available_memory_bytes();
  if (!keeps_decoded(options.device_cache, bytes, free, on_gpu)) return;
  const Stopwatch watch;
  setup.decoded = std::make_shared<const DecodedImages>(
      decode_all(*setup.training, input.height, input.width, options, setup.device));
  log_info("{} training images decoded into {}: {:.2f} GB in {:.1f} s", setup.training->size(),
           on_gpu ? "the GPU's memory" : "memory", 1e-9 * static_cast<double>(bytes), watch.seconds());
}

}  // namespace

void require_equal_shares(int64_t size, const PhaseOptions& phase, int64_t batch) {
  const int64_t below = batch / size * size, above = below + size;
  if (batch % size == 0 && batch / size >= kLeastShare) return;
  const bool by_identity = draws_identities(phase.objective.loss);
  require(batch >= kLeastShare * size, "a batch has {} images, too few for {} processes: each needs at least {}", batch,
          size, kLeastShare);
  fail("a batch of {} images{} cannot be divided equally among {} processes; {} or {} images can", batch,
       by_identity ? fmt::format(" ({} x {})", phase.objective.batch.by_identity.identities,
                                 phase.objective.batch.by_identity.images_per_identity)
                   : "",
       size, std::max(below, kLeastShare * size), above);
}

TrainingSetup make_training_setup(const Recipe& recipe, bool initial_weights, std::shared_ptr<Processes> processes) {
  TrainingSetup setup = open_training_setup(recipe, initial_weights, std::move(processes));
  count_steps_of_phases(setup);
  require_image_sizes(*setup.whole, setup.model.input.height, setup.model.input.width, recipe.pipeline.other_size(),
                      resolve_threads(0));
  keep_decoded(setup);
  return setup;
}

}  // namespace massface
