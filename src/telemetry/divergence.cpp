#include "telemetry/divergence.h"

#include <fmt/format.h>

#include <cmath>

namespace massface {
namespace {

std::string advice(const std::string& phase) {
  return fmt::format(
      "The training has diverged: start again with a lower {0}.optimizer.learning_rate, or with "
      "{0}.optimizer.max_gradient_norm=5",
      phase);
}

}  // namespace

std::string divergence_message(const StepReport& report, const std::string& newest_checkpoint) {
  const std::string loss = std::isfinite(report.loss) ? fmt::format("loss {}, ", report.loss) : "";
  const std::string checkpoint =
      newest_checkpoint.empty() ? ""
                                : fmt::format(", and the newest checkpoint, {}, is from before it", newest_checkpoint);
  return fmt::format("step {} of phase {}: {} ({}learning rate {}). This step changed no weight{}. {}", report.step,
                     report.phase, report.failure, loss, report.learning_rate, checkpoint, advice(report.phase));
}

std::string divergence_of_pool_message(const std::string& phase, int64_t step, const std::string& what) {
  return fmt::format("step {} of phase {}: in the pool to be searched, {}. {}", step, phase, what, advice(phase));
}

}  // namespace massface
