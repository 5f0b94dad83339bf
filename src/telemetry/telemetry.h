#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "core/options.h"
#include "telemetry/step_report.h"

namespace massface {

struct TelemetryOptions {
  int64_t log_every_steps = 10;  // for metrics.jsonl and TensorBoard; progress in a pipe is shown every 10 s
  bool tensorboard = true;
  bool progress = true;

  void describe(OptionTable& table);
};

// Shows and records a run's steps: a progress bar if standard error is a terminal, otherwise a line now and then;
// RUN/metrics.jsonl (one JSON object per line); RUN/tensorboard/events.out.tfevents.* (TFRecord of protobuf Events).
class Telemetry {
 public:
  // first_global_step: steps recorded after it are dropped from metrics.jsonl, since a resumed run repeats them, and
  // the event file starts by purging them. 0 for a new run.
  Telemetry(const std::filesystem::path& run_directory, const TelemetryOptions& options, int64_t first_global_step);
  ~Telemetry();

  void record(const StepReport& report);
  // Records a value that does not describe a step: {"kind": "validation", "global_step": ..., name: value}.
  void record_scalar(const std::string& kind, const std::string& name, int64_t global_step, double value);
  // Ends the progress bar's line.
  void finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace massface
