#include "cleaning/thresholds.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "core/error.h"

namespace massface {
namespace {

constexpr int64_t kFewestForDistribution = 100, kFewestForLaw = 8;
constexpr int kSteps = 400;
// Above this quantile of the strangers, hardly any wrong label is left to be found.
constexpr double kMostStrangers = 0.999;

// A similarity that strangers reach with less than this probability is left out of the fit: it is no stranger's.
constexpr double kNoStranger = 1e-3;
constexpr int kFittingPasses = 3;

double fraction_below(const std::vector<float>& sorted, double value) {
  return static_cast<double>(std::ranges::lower_bound(sorted, static_cast<float>(value)) - sorted.begin()) /
         static_cast<double>(sorted.size());
}

// Returns Gumbel's law that has these two quantiles of the sorted values.
NearestStrangerLaw law_through(const std::vector<float>& sorted, double low, double high) {
  const auto standard = [](double fraction) { return -std::log(-std::log(fraction)); };
  const double scale = (quantile(sorted, high) - quantile(sorted, low)) / (standard(high) - standard(low));
  return {quantile(sorted, high) - scale * standard(high), scale};
}

}  // namespace

double quantile(const std::vector<float>& values, double fraction) {
  check(!values.empty(), "quantiles are those of some values");
  const double position = fraction * static_cast<double>(values.size() - 1);
  const auto low = static_cast<size_t>(position), high = std::min(low + 1, values.size() - 1);
  const double part = position - static_cast<double>(low);
  return (1 - part) * static_cast<double>(values[low]) + part * static_cast<double>(values[high]);
}

WrongLabelThreshold wrong_label_threshold(std::vector<float> own, std::vector<float> strangers,
                                          double max_false_share) {
  std::ranges::sort(own);
  std::ranges::sort(strangers);
  const double median = quantile(strangers, 0.5), last = quantile(strangers, kMostStrangers);
  WrongLabelThreshold found{.similarity = median};
  if (std::ssize(own) < kFewestForDistribution) return found;
  found.wrong_fraction = std::min(1.0, fraction_below(own, median) / fraction_below(strangers, median));
  for (int step = 1; step <= kSteps; ++step) {
    const double similarity = median + (last - median) * step / kSteps;
    const double below = fraction_below(own, similarity);
    const double wrong = found.wrong_fraction * fraction_below(strangers, similarity);
    // What one standard deviation of a count can explain is no evidence of right labels.
    const double chance = std::sqrt(below / static_cast<double>(own.size()));
    if (below - wrong - chance > max_false_share * below) break;
    found.similarity = similarity;
    found.false_share = below > 0 ? std::max(0.0, 1 - wrong / below) : 0;
  }
  return found;
}

double NearestStrangerLaw::threshold(double probability) const {
  return std::min(1.0, location - scale * std::log(-std::log1p(-probability)));
}

NearestStrangerLaw NearestStrangerLaw::of_more_strangers(double factor) const {
  return {location + scale * std::log(factor), scale};
}

NearestStrangerLaw fit_nearest_strangers(std::vector<float> similarities) {
  if (std::ssize(similarities) < kFewestForLaw) return {};
  std::ranges::sort(similarities);
  NearestStrangerLaw law = law_through(similarities, 0.25, 0.5);
  for (int pass = 0; pass < kFittingPasses; ++pass) {
    const auto last = std::ranges::lower_bound(similarities, static_cast<float>(law.threshold(kNoStranger)));
    similarities.erase(std::max(last, similarities.begin() + kFewestForLaw), similarities.end());
    law = law_through(similarities, 0.5, 0.75);
  }
  return law;
}

}  // namespace massface
