#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "telemetry/step_report.h"

namespace massface {

// Watches whether all distances of a triplet phase shrink together: the embeddings fall into one point and the loss
// stops at the margin ("In Defense of the Triplet Loss", section 3.3: batch-hard from scratch may get stuck there).
class CollapseWatch {
 public:
  // Returns advice when the mean distance of the pool, averaged over the last `window` steps, has fallen below 0.02,
  // or below 5 % of its first window, with d(a, n) - d(a, p) near 0; once in every 500 steps at most.
  std::optional<std::string> observe(const StepReport& report);

 private:
  static constexpr int64_t window = 20;
  double first_mean_ = -1;
  double recent_mean_ = -1;
  double recent_gap_ = 0;
  int64_t observed_ = 0;
  int64_t last_warning_ = -1;
};

}  // namespace massface
