#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "telemetry/step_report.h"

namespace massface {

// Detects whether all distances of a triplet phase shrink together: the embeddings collapse into one point and the loss
// stays at the margin ("In Defense of the Triplet Loss", section 3.3: batch-hard from scratch may get stuck there).
class CollapseWatch {
 public:
  CollapseWatch() = default;

  // Returns advice if the mean distance of the pool, averaged over the last 20 steps of a phase, has fallen below 0.02
  // or below 5 % of its average over the first 20, while d(a, n) - d(a, p) is near 0; at most once every 500 steps.
  // Reports without triplets are ignored.
  std::optional<std::string> observe(const StepReport& report);

 private:
  explicit CollapseWatch(const std::string& phase) : phase_(phase) {}

  static constexpr size_t kWindow = 20;
  std::string phase_;
  std::deque<TripletReport> recent_;
  double first_mean_ = -1;
  int64_t observed_ = 0;
  int64_t warned_at_ = 0;
};

}  // namespace massface
