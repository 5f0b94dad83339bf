#include "train/dry_run.h"

#include <algorithm>

#include "core/memory.h"
#include "kernels/cuda_hooks.h"
#include "recipe/phase_warnings.h"
#include "train/make_training_setup.h"
#include "train/phase_run.h"

namespace massface {
namespace {

// The first step also pays for the first touch of all memory; the later ones cost as much as the rest will.
constexpr int64_t kMeasuredSteps = 3;

// Embedding a whole set would take as long as the start of a round; a part of it is enough to extrapolate from.
constexpr int64_t kEmbeddedImages = 512;

// Limits an offline pool to about kEmbeddedImages images. Returns how many times larger the pool would be; 1 for
// another pool.
double shrink_offline_pool(PhaseOptions& phase, const Dataset& dataset) {
  int64_t& sample = phase.objective.mining.pool.sample_identities;
  const int64_t identities = sample > 0 ? sample : dataset.num_identities();
  const int64_t enough = std::max<int64_t>(2, kEmbeddedImages * dataset.num_identities() / dataset.size());
  if (phase.objective.mining.pool.pool != "offline" || enough >= identities) return 1;
  sample = enough;
  return static_cast<double>(identities) / static_cast<double>(enough);
}

// Returns the cost of a pool per step that is trained from it, in seconds, for a pool that is `larger` times as large.
// The search is quadratic.
double seconds_a_step(const PoolReport& pool, double larger) {
  const double milliseconds = pool.embedding_milliseconds * larger + pool.mining_milliseconds * larger * larger;
  return 1e-3 * milliseconds / static_cast<double>(pool.steps);
}

PhaseForecast forecast(TrainingSetup& setup, int64_t phase_index, int64_t processes) {
  const double larger = shrink_offline_pool(setup.recipe.phases[static_cast<size_t>(phase_index)], *setup.training);
  PhaseRun phase(setup, phase_index, 0);
  const PhaseOptions& options = setup.recipe.phases[static_cast<size_t>(phase_index)];
  PhaseForecast result{.name = setup.recipe.phases[static_cast<size_t>(phase_index)].name, .steps = phase.steps()};
  result.images = phase.steps() * phase.batch_size();
  result.load = process_load(load_facts(setup, options, phase.batch_size(), processes));
  double pool_seconds = 0;  // per step
  for (int64_t step = 0; step < std::min(kMeasuredSteps, phase.steps()); ++step) {
    const StepReport report = phase.step();
    double seconds = report.step_seconds - report.data_seconds;
    if (report.pool) {
      seconds -= 1e-3 * (report.pool->embedding_milliseconds + report.pool->mining_milliseconds);
      pool_seconds = seconds_a_step(*report.pool, larger);
    }
    result.seconds_per_step = step == 0 ? seconds : std::min(result.seconds_per_step, seconds);
  }
  result.seconds_per_step += pool_seconds;
  return result;
}

}  // namespace

DryRun dry_run(const Recipe& recipe, int64_t processes) {
  TrainingSetup setup = make_training_setup(recipe, /*initial_weights=*/true, imagined_processes(processes));
  warn_of_phases(setup.recipe);
  DryRun result{.recipe = setup.recipe,
                .identities = setup.training->num_identities(),
                .images = setup.training->size(),
                .embedding_size = setup.model.network->embedding_size(),
                .processes = processes};
  for (const auto& parameter : setup.model.network->parameters()) result.network_parameters += parameter.numel();
  for (size_t i = 0; i < recipe.phases.size(); ++i) {
    result.phases.push_back(forecast(setup, static_cast<int64_t>(i), processes));
    result.seconds += result.phases.back().seconds_per_step * static_cast<double>(result.phases.back().steps);
  }
  result.peak_memory_bytes =
      setup.device.is_cuda() ? cuda_hooks::peak_memory_bytes(setup.device.index()) : peak_memory_bytes();
  return result;
}

}  // namespace massface
