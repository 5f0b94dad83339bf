#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "telemetry/step_report.h"

namespace massface {

// Watches whether all distances of a triplet phase shrink together: the embeddings fall into one point and the loss
// stops at the margin ("In Defense of the Triplet Loss", section 3.3: batch-hard from scratch may get stuck there).
class CollapseWatch {
 public:
  CollapseWatch() = default;

  // Returns advice when the mean distance of the pool, averaged over the last 20 steps of a phase, has fallen below
  // 0.02, or below 5 % of what it was in the first 20, with d(a, n) - d(a, p) near 0; once in every 500 steps at most.
  // Reports without triplets are passed over.
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
