#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace massface {

// A value that was recorded after a step of the run.
struct MetricsPoint {
  int64_t global_step = 0;
  double value = 0;
};

struct MetricsPhase {
  std::string name;
  int64_t first_step = 0;  // recorded, of the run
  int64_t last_step = 0;
  int64_t steps = 0;  // that the phase was to take
};

// The measurements of a run, as its metrics.jsonl records them (docs/formats/metrics.md).
struct RunMetrics {
  std::vector<MetricsPhase> phases;  // in the order of their first records
  // By kind and key, such as {"step", "loss"} and {"verification", "lfw_accuracy"}: the finite values, by ascending
  // step.
  std::map<std::pair<std::string, std::string>, std::vector<MetricsPoint>> values;
  std::vector<int64_t> damaged_lines;  // their numbers, from 1

  // Returns no points for a key that was never recorded.
  const std::vector<MetricsPoint>& of(const std::string& kind, const std::string& key) const;
};

// Reads a metrics.jsonl. Lines that are no records are listed as damaged, but not a last line without its end, which a
// killed writer leaves. Throws Error if the file cannot be read, or has no record.
RunMetrics read_metrics(const std::filesystem::path& path);

}  // namespace massface
