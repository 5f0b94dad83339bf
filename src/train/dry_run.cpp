#include "train/dry_run.h"

#include <algorithm>

#include "core/log.h"
#include "core/memory.h"
#include "core/stopwatch.h"
#include "kernels/cuda_hooks.h"
#include "recipe/phase_warnings.h"
#include "train/make_training_setup.h"
#include "train/offline_sample.h"
#include "train/phase_run.h"

namespace massface {
namespace {

// The first step also pays for the first touch of all memory; the later ones cost as much as the rest will.
constexpr int64_t kMeasuredSteps = 3;

// Returns the cost of a pool per step that is trained from it, in seconds, for a pool that is `larger` times as large.
// The search is quadratic.
double seconds_a_step(const PoolReport& pool, double larger) {
  const double milliseconds = pool.embedding_milliseconds * larger + pool.mining_milliseconds * larger * larger;
  return 1e-3 * milliseconds / static_cast<double>(pool.steps);
}

PhaseForecast forecast(TrainingSetup& setup, int64_t phase_index, int64_t processes) {
  const double larger = shrink_offline_pool(setup.recipe.phases[static_cast<size_t>(phase_index)], *setup.training);
  PhaseRun phase(setup, phase_index, 0);
  PhaseForecast result{.name = setup.recipe.phases[static_cast<size_t>(phase_index)].name, .steps = phase.steps()};
  result.images = phase.steps() * phase.batch_size();
  result.load = process_load(load_facts(setup, phase_index, phase.batch_size(), processes));
  double pool_seconds = 0;  // per step
  for (int64_t step = 0; step < std::min(kMeasuredSteps, phase.steps()); ++step) {
    const Stopwatch watch;
    const StepReport report = phase.step();
    if (!report.failure.empty()) {
      log_warning("phase {}: {} in a measured step, as may happen with a network that is not trained", result.name,
                  report.failure);
    }
    double seconds = (report.failure.empty() ? report.step_seconds : watch.seconds()) - report.data_seconds;
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
