#include "evaluation/score_histogram.h"

#include <numeric>

namespace massface {

ScoreHistogram ScoreHistogram::of(const PairDistances& distances) {
  ScoreHistogram scores;
  for (size_t i = 0; i < distances.same.size(); ++i) scores.add(distances.distance_squared[i], distances.same[i] != 0);
  return scores;
}

void ScoreHistogram::add(const ScoreHistogram& other) {
  for (const size_t same : {0, 1}) {
    for (size_t bin = 0; bin < counts_[same].size(); ++bin) counts_[same][bin] += other.counts_[same][bin];
  }
}

int64_t ScoreHistogram::total(size_t same) const {
  return std::accumulate(counts_[same].begin(), counts_[same].end(), int64_t{0});
}

double area_under_curve(const ScoreHistogram& scores) {
  const auto matched = static_cast<double>(scores.matched()), mismatched = static_cast<double>(scores.mismatched());
  double area = 0, nearer = 0;
  for (size_t bin = 0; bin < scores.counts(true).size(); ++bin) {
    const auto same = static_cast<double>(scores.counts(true)[bin]);
    area += static_cast<double>(scores.counts(false)[bin]) * (nearer + same / 2);
    nearer += same;
  }
  return area / (matched * mismatched);
}

double equal_error_rate(const ScoreHistogram& scores) {
  const auto matched = static_cast<double>(scores.matched()), mismatched = static_cast<double>(scores.mismatched());
  double far = 0, frr = 1, accepted = 0, falsely = 0;
  for (size_t bin = 0; bin < scores.counts(true).size(); ++bin) {
    accepted += static_cast<double>(scores.counts(true)[bin]);
    falsely += static_cast<double>(scores.counts(false)[bin]);
    const double next_far = falsely / mismatched, next_frr = 1 - accepted / matched;
    if (next_far >= next_frr) {
      const double part = (frr - far) / ((frr - far) + (next_far - next_frr));
      return far + part * (next_far - far);
    }
    far = next_far;
    frr = next_frr;
  }
  return far;
}

double threshold_of_equal_errors(const ScoreHistogram& scores) {
  const auto matched = static_cast<double>(scores.matched()), mismatched = static_cast<double>(scores.mismatched());
  double accepted = 0, falsely = 0;
  int64_t bin = 0;
  for (; bin < ScoreHistogram::kBins && falsely / mismatched < 1 - accepted / matched; ++bin) {
    accepted += static_cast<double>(scores.counts(true)[static_cast<size_t>(bin)]);
    falsely += static_cast<double>(scores.counts(false)[static_cast<size_t>(bin)]);
  }
  return ScoreHistogram::edge(bin);
}

}  // namespace massface
