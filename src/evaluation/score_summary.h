#pragma once

#include <cstdint>
#include <vector>

#include "evaluation/score_histogram.h"

namespace massface {

// The errors at a threshold: the mismatched comparisons below it and the matched ones that are not.
struct ErrorPoint {
  double threshold_squared_l2 = 0;
  int64_t false_matches = 0;
  int64_t false_non_matches = 0;
};

// What a page shows of the scores of any number of comparisons, in a few kilobytes.
struct ScoreSummary {
  static constexpr int64_t kBins = 100;
  static constexpr double kBinWidth = 4.0 / kBins;  // squared L2

  int64_t matched = 0;
  int64_t mismatched = 0;
  // Matched and mismatched comparisons by distance, in kBins bins from 0 to 4.
  std::vector<int64_t> matched_counts, mismatched_counts;
  // The curve of errors by ascending threshold, from the first false match on: exact counts at thresholds so near to
  // each other that a curve drawn through them differs from the whole one by less than a line's width. Empty unless
  // there are both kinds of comparisons.
  std::vector<ErrorPoint> errors;
};

ScoreSummary summarise_scores(const ScoreHistogram& scores);

}  // namespace massface
