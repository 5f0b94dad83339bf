#include "train/dry_run.h"

#include <algorithm>

#include "core/memory.h"
#include "kernels/cuda_hooks.h"
#include "train/phase_run.h"
#include "train/training_setup.h"

namespace massface {
namespace {

// The first step also pays for the first touch of all memory; the second is what the rest will cost.
constexpr int64_t kMeasuredSteps = 3;

PhaseForecast forecast(TrainingSetup& setup, int64_t phase_index) {
  PhaseRun phase(setup, phase_index, 0);
  PhaseForecast result{.name = setup.recipe.phases[static_cast<size_t>(phase_index)].name, .steps = phase.steps()};
  result.images = phase.steps() * phase.batch_size();
  for (int64_t step = 0; step < std::min(kMeasuredSteps, phase.steps()); ++step) {
    const StepReport report = phase.step();
    const double seconds = report.step_seconds - report.data_seconds;
    result.seconds_per_step = step == 0 ? seconds : std::min(result.seconds_per_step, seconds);
  }
  return result;
}

}  // namespace

DryRun dry_run(const Recipe& recipe) {
  TrainingSetup setup = make_training_setup(recipe, /*initial_weights=*/true);
  DryRun result{.recipe = setup.recipe,
                .identities = setup.training->num_identities(),
                .images = setup.training->size(),
                .embedding_size = setup.model.network->embedding_size()};
  for (const auto& parameter : setup.model.network->parameters()) result.network_parameters += parameter.numel();
  for (size_t i = 0; i < recipe.phases.size(); ++i) {
    result.phases.push_back(forecast(setup, static_cast<int64_t>(i)));
    result.seconds += result.phases.back().seconds_per_step * static_cast<double>(result.phases.back().steps);
  }
  result.peak_memory_bytes =
      setup.device.is_cuda() ? cuda_hooks::peak_memory_bytes(setup.device.index()) : peak_memory_bytes();
  return result;
}

}  // namespace massface
