#include "telemetry/collapse.h"

#include <fmt/format.h>

#include <cmath>

namespace massface {
namespace {

// Squared L2 between unit vectors; unrelated (orthogonal) vectors are 2 apart.
constexpr double kCollapsedMean = 0.02;
constexpr double kCollapsedPart = 0.05;  // of the first mean
constexpr double kNoGap = 0.05;          // |d(a, n) - d(a, p)|
constexpr int64_t kStepsBetweenWarnings = 500;

}  // namespace

std::optional<std::string> CollapseWatch::observe(const StepReport& report) {
  if (!report.triplet || !std::isfinite(report.triplet->mean_d_pool)) return std::nullopt;
  if (report.phase != phase_) *this = CollapseWatch(report.phase);
  recent_.push_back(*report.triplet);
  if (recent_.size() > kWindow) recent_.pop_front();
  ++observed_;
  if (recent_.size() < kWindow) return std::nullopt;

  double mean = 0, gap = 0;
  for (const TripletReport& triplet : recent_) {
    mean += triplet.mean_d_pool / kWindow;
    gap += (triplet.mean_d_negative - triplet.mean_d_positive) / kWindow;
  }
  if (first_mean_ < 0) first_mean_ = mean;
  const bool shrunk = mean < kCollapsedMean || mean < kCollapsedPart * first_mean_;
  if (!shrunk || std::abs(gap) > kNoGap) return std::nullopt;
  if (warned_at_ > 0 && observed_ - warned_at_ < kStepsBetweenWarnings) return std::nullopt;
  warned_at_ = observed_;
  return fmt::format(
      "step {} of phase {}: the embeddings are collapsing into one point: two images are {:.4f} apart (squared L2) on "
      "average, {:.4f} at the start, and negatives are only {:.4f} farther away than positives. Lower this phase's "
      "learning_rate, raise its warmup_steps, or train a softmax phase first",
      report.step, report.phase, mean, first_mean_, gap);
}

}  // namespace massface
