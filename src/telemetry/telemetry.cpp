#include "telemetry/telemetry.h"

#include <optional>

#include "telemetry/metrics_file.h"
#include "telemetry/progress_bar.h"
#include "telemetry/tensorboard_events.h"

namespace massface {

void TelemetryOptions::describe(OptionTable& table) {
  table.add("log_every_steps", log_every_steps, {.min = 1, .max = 1e9},
            "Number of steps between two records in metrics.jsonl and TensorBoard. The last step of a phase is always "
            "recorded.");
  table.add("tensorboard", tensorboard, "Write TensorBoard event files.");
  table.add("progress", progress, "Show progress on standard error.");
}

struct Telemetry::State {
  int64_t log_every_steps;
  std::optional<ProgressBar> progress;
  MetricsFile metrics;
  std::optional<EventFile> events;
};

Telemetry::Telemetry(const std::filesystem::path& run_directory, const TelemetryOptions& options,
                     int64_t first_global_step)
    : state_(new State{.log_every_steps = options.log_every_steps,
                       .metrics = MetricsFile(run_directory / "metrics.jsonl", first_global_step)}) {
  if (options.tensorboard) state_->events.emplace(run_directory / "tensorboard", first_global_step);
  if (options.progress) state_->progress.emplace(standard_error_progress());
}

Telemetry::~Telemetry() = default;

void Telemetry::record(const StepReport& report) {
  if (state_->progress) state_->progress->show(report);
  // A step that could not be taken ends the run, so it is the last one as well.
  const bool last = report.step >= report.steps || !report.failure.empty();
  // A pool's numbers come with only one of its steps, which is therefore always recorded.
  if (report.step % state_->log_every_steps != 0 && !last && !report.pool) return;
  state_->metrics.append(report);
  if (!state_->events) return;
  state_->events->append(report.global_step, scalars_of(report));
  state_->events->append(report.global_step, histograms_of(report));
}

void Telemetry::record_scalar(const std::string& kind, const std::string& name, int64_t global_step, double value) {
  state_->metrics.append_scalar(kind, name, global_step, value);
  if (state_->events) state_->events->append(global_step, std::vector<Scalar>{{name, value}});
}

void Telemetry::finish() {
  if (state_->progress) state_->progress->finish();
}

}  // namespace massface
