#pragma once

#include <cstdint>
#include <vector>

#include "evaluation/verification.h"

namespace massface {

// The distances of any number of comparisons, as counts in bins of squared L2 between unit embeddings: 16 MB, whether
// there are six thousand comparisons or a hundred million. A bin is 4 / 2^20 wide; whatever is computed from the counts
// decides at the edges of bins, where the counts are exact.
class ScoreHistogram {
 public:
  static constexpr int64_t kBins = int64_t{1} << 20;
  static constexpr double kBinWidth = 4.0 / static_cast<double>(kBins);

  ScoreHistogram() : counts_{std::vector<int64_t>(kBins), std::vector<int64_t>(kBins)} {}
  static ScoreHistogram of(const PairDistances& distances);

  // distance_squared: finite; less than 0 and more than 4, which rounding can give, count as these.
  void add(float distance_squared, bool same) {
    ++counts_[same ? 1 : 0][static_cast<size_t>(bin_of(distance_squared))];
  }
  void add(const ScoreHistogram& other);

  int64_t matched() const { return total(1); }     // comparisons of one person
  int64_t mismatched() const { return total(0); }  // of two
  // The counts by ascending bin.
  const std::vector<int64_t>& counts(bool same) const { return counts_[same ? 1 : 0]; }
  // The lower edge of a bin: the comparisons of all bins before have a distance below it.
  static double edge(int64_t bin) { return static_cast<double>(bin) * kBinWidth; }

 private:
  static int64_t bin_of(float distance_squared) {
    const auto bin = static_cast<int64_t>(static_cast<double>(distance_squared) / kBinWidth);
    return bin < 0 ? 0 : bin >= kBins ? kBins - 1 : bin;
  }
  int64_t total(size_t same) const;

  std::vector<int64_t> counts_[2];
};

// The same two figures as in VerificationResult, up to the width of a bin. Both kinds of comparisons are needed.
double area_under_curve(const ScoreHistogram& scores);
double equal_error_rate(const ScoreHistogram& scores);
// The edge of the first bin at which at least as many of the mismatched comparisons are accepted as of the matched ones
// rejected.
double threshold_of_equal_errors(const ScoreHistogram& scores);

}  // namespace massface
