#include "train/train.h"

#include <deque>
#include <numeric>
#include <utility>

#include "core/log.h"
#include "core/stop_signal.h"
#include "core/stopwatch.h"
#include "recipe/phase_warnings.h"
#include "telemetry/collapse.h"
#include "train/phase_run.h"
#include "train/run_state.h"

namespace massface {
namespace {

// Accumulates a phase's reports into its PhaseResult.
class PhaseSummary {
 public:
  explicit PhaseSummary(std::string name) { result_.name = std::move(name); }

  void add(const StepReport& report) {
    ++result_.steps;
    result_.seconds += report.step_seconds;
    data_seconds_ += report.data_seconds;
    images_ += report.images;
    losses_.push_back(report.loss);
    if (losses_.size() > 50) losses_.pop_front();
  }

  PhaseResult result() const {
    PhaseResult result = result_;
    if (result.steps == 0) return result;
    result.final_loss = std::accumulate(losses_.begin(), losses_.end(), 0.0) / static_cast<double>(losses_.size());
    result.images_per_second = static_cast<double>(images_) / result.seconds;
    result.data_wait_fraction = data_seconds_ / result.seconds;
    return result;
  }

 private:
  PhaseResult result_;
  std::deque<double> losses_;
  double data_seconds_ = 0;
  int64_t images_ = 0;
};

void log_phase_end(const PhaseResult& phase) {
  log_info("phase {}: {} steps, loss {:.4f}, {:.1f} images/s, waited for data {:.2f} % of {:.0f} s", phase.name,
           phase.steps, phase.final_loss, phase.images_per_second, 100 * phase.data_wait_fraction, phase.seconds);
}

void log_time(const TrainingResult& result, const Traffic& traffic) {
  const auto percent = [&](double seconds) { return 100 * seconds / result.seconds; };
  log_info("{:.1f} s in total: waiting for data {:.2f} %, starting {:.2f} %, checkpoints {:.2f} %, together {:.2f} %",
           result.seconds, percent(result.data_wait_seconds), percent(result.start_seconds),
           percent(result.checkpoint_seconds), 100 * result.overhead_fraction());
  log_info("validation: {:.1f} s, {:.2f} %", result.validation_seconds, percent(result.validation_seconds));
  if (traffic.messages == 0) return;
  log_info("waiting for other processes: {:.1f} s, {:.2f} %; {} messages of {:.1f} MB in total",
           result.communication_seconds, percent(result.communication_seconds), traffic.messages,
           1e-6 * static_cast<double>(traffic.bytes));
}

// Returns nullopt if a signal arrived before the step was taken.
std::optional<StepReport> step_unless_interrupted(RunState& state, PhaseRun& phase) {
  try {
    return state.step(phase);
  } catch (const Interrupted&) {
    return std::nullopt;
  }
}

}  // namespace

TrainingResult train(TrainingSetup setup, const LockedRun& run, ResumeOptions resume) {
  warn_of_phases(setup.recipe);
  const StopSignal stop(setup.processes->size() > 1 ? StopSignal::Counts::kWhenAgreed : StopSignal::Counts::kAtOnce);
  const Stopwatch watch;
  const std::shared_ptr<Processes> processes = setup.processes;
  TrainingResult result;
  RunState state(std::move(setup), run, resume);
  result.start_seconds = watch.seconds();
  CollapseWatch collapse;

  while (!state.all_phases_done() && !stop.received()) {
    const Stopwatch starting;
    PhaseRun phase = state.begin_phase();
    result.start_seconds += starting.seconds();
    state.measure_at_start(phase);
    PhaseSummary summary(state.position().phase);
    while (!state.is_over(phase) && !stop.received()) {
      const auto step = step_unless_interrupted(state, phase);
      if (!step) break;
      const StepReport& report = *step;
      summary.add(report);
      if (const auto advice = collapse.observe(report)) log_warning("{}", *advice);
      if (state.checkpoint_is_due(phase)) state.write_checkpoint(phase);
      state.verify_sets(phase);
    }
    if (state.is_over(phase))
      state.end_phase(phase);
    else
      state.write_checkpoint(phase);
    if (summary.result().steps == 0) continue;  // the phase was over before this process started
    log_phase_end(summary.result());
    result.phases.push_back(summary.result());
    result.data_wait_seconds += summary.result().data_wait_fraction * summary.result().seconds;
  }

  state.finish();
  result.status = state.all_phases_done() ? "finished" : "stopped";
  result.global_step = state.position().global_step;
  result.validation_accuracy = state.validation_accuracy().value_or(-1);
  result.bad_images = state.num_bad_images();
  result.checkpoint_seconds = state.checkpoint_seconds();
  result.validation_seconds = state.validation_seconds();
  result.seconds = watch.seconds();
  result.communication_seconds = processes->traffic().seconds_waited;
  log_time(result, processes->traffic());
  return result;
}

}  // namespace massface
