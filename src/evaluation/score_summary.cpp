#include "evaluation/score_summary.h"

#include <cmath>

namespace massface {
namespace {

constexpr double kDecades = 0.03;    // of a rate, between two points of the curve
constexpr double kFraction = 0.005;  // of all comparisons

bool differ_visibly(int64_t before, int64_t after, int64_t total) {
  if (before == after) return false;
  if (before == 0 || after == 0) return true;
  return std::abs(std::log10(static_cast<double>(after) / static_cast<double>(before))) >= kDecades ||
         std::abs(static_cast<double>(after - before)) >= kFraction * static_cast<double>(total);
}

std::vector<int64_t> coarse_counts(const std::vector<int64_t>& counts) {
  std::vector<int64_t> coarse(ScoreSummary::kBins);
  for (size_t bin = 0; bin < counts.size(); ++bin) {
    coarse[bin * static_cast<size_t>(ScoreSummary::kBins) / counts.size()] += counts[bin];
  }
  return coarse;
}

std::vector<ErrorPoint> reduced_errors(const ScoreHistogram& scores) {
  const int64_t matched = scores.matched(), mismatched = scores.mismatched();
  std::vector<ErrorPoint> errors;
  ErrorPoint now{.false_non_matches = matched};
  for (int64_t bin = 0; bin < ScoreHistogram::kBins; ++bin) {
    const int64_t nearer_matched = scores.counts(true)[static_cast<size_t>(bin)];
    const int64_t nearer_mismatched = scores.counts(false)[static_cast<size_t>(bin)];
    if (nearer_matched == 0 && nearer_mismatched == 0) continue;
    now.false_matches += nearer_mismatched;
    now.false_non_matches -= nearer_matched;
    now.threshold_squared_l2 = ScoreHistogram::edge(bin + 1);
    if (now.false_matches == 0) continue;
    const bool is_last = now.false_matches == mismatched && now.false_non_matches == 0;
    if (errors.empty() || is_last || differ_visibly(errors.back().false_matches, now.false_matches, mismatched) ||
        differ_visibly(errors.back().false_non_matches, now.false_non_matches, matched)) {
      errors.push_back(now);
    }
  }
  return errors;
}

}  // namespace

ScoreSummary summarise_scores(const ScoreHistogram& scores) {
  ScoreSummary summary{.matched = scores.matched(),
                       .mismatched = scores.mismatched(),
                       .matched_counts = coarse_counts(scores.counts(true)),
                       .mismatched_counts = coarse_counts(scores.counts(false))};
  if (summary.matched > 0 && summary.mismatched > 0) summary.errors = reduced_errors(scores);
  return summary;
}

}  // namespace massface
