#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "core/files.h"
#include "telemetry/step_report.h"

namespace massface {

// RUN/metrics.jsonl: one JSON object per line, keys in snake_case with their unit, values that are not finite as null.
// docs/formats/metrics.md lists the keys.
class MetricsFile {
 public:
  // Drops the lines of steps after last_global_step, which a resumed run writes again, and an incomplete last line that
  // a killed writer has left. Throws Failure.
  MetricsFile(const std::filesystem::path& path, int64_t last_global_step);

  void append(const StepReport& report);
  // kind: "validation" or "time".
  void append_scalar(const std::string& kind, const std::string& name, int64_t global_step, double value);

 private:
  LineFile file_;
};

// Returns the line of a step, without the newline.
std::string metrics_line(const StepReport& report);

}  // namespace massface
