#include "evaluation/score_summary.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/random.h"

namespace massface {
namespace {

TEST(ScoreSummary, CountsBothKindsInItsBins) {
  ScoreHistogram scores;
  for (const float distance : {0.01f, 0.02f, 0.05f, 3.99f}) scores.add(distance, true);
  scores.add(0.05f, false);
  scores.add(2.0f, false);
  const ScoreSummary summary = summarise_scores(scores);
  EXPECT_EQ(summary.matched, 4);
  EXPECT_EQ(summary.mismatched, 2);
  ASSERT_EQ(summary.matched_counts.size(), 100u);
  EXPECT_EQ(summary.matched_counts[0], 2);  // below 0.04
  EXPECT_EQ(summary.matched_counts[1], 1);
  EXPECT_EQ(summary.matched_counts[99], 1);
  EXPECT_EQ(summary.mismatched_counts[1], 1);
  EXPECT_EQ(summary.mismatched_counts[50], 1);
}

// In order: two matched, a mismatched, a matched, a mismatched and a matched pair.
TEST(ScoreSummary, HasTheErrorsFromTheFirstFalseMatchOn) {
  ScoreHistogram scores;
  for (const float distance : {0.25f, 0.5f, 1.0f, 3.0f}) scores.add(distance, true);
  for (const float distance : {0.75f, 2.0f}) scores.add(distance, false);
  const std::vector<ErrorPoint> errors = summarise_scores(scores).errors;
  ASSERT_EQ(errors.size(), 4u);
  const std::vector<std::pair<int64_t, int64_t>> expected = {{1, 2}, {1, 1}, {2, 1}, {2, 0}};
  const std::vector<double> thresholds = {0.75, 1, 2, 3};  // the upper edges of these bins
  for (size_t i = 0; i < errors.size(); ++i) {
    EXPECT_EQ(errors[i].false_matches, expected[i].first) << i;
    EXPECT_EQ(errors[i].false_non_matches, expected[i].second) << i;
    EXPECT_NEAR(errors[i].threshold_squared_l2, thresholds[i], 1.5 * ScoreHistogram::kBinWidth) << i;
  }
}

TEST(ScoreSummary, StaysSmallAndNearTheWholeCurve) {
  ScoreHistogram scores;
  Random random(1, RandomStream::kSyntheticPairs);
  for (int i = 0; i < 200'000; ++i) {
    scores.add(static_cast<float>(random.below(3'000'000)) * 1e-6f, true);
    scores.add(1 + static_cast<float>(random.below(3'000'000)) * 1e-6f, false);
  }
  const std::vector<ErrorPoint> errors = summarise_scores(scores).errors;
  EXPECT_LT(errors.size(), 700u);
  EXPECT_LE(errors.front().false_matches, 3);  // those of one bin
  EXPECT_EQ(errors.back().false_matches, 200'000);
  EXPECT_EQ(errors.back().false_non_matches, 0);
  for (size_t i = 1; i < errors.size(); ++i) {  // a step of at most 0.5 % or 7 % of a count, and of one
    const auto before = static_cast<double>(errors[i - 1].false_matches);
    EXPECT_LE(static_cast<double>(errors[i].false_matches) - before, std::max({1002.0, 0.075 * before, 2.0})) << i;
  }
}

TEST(ScoreSummary, HasNoErrorsOfOneKindOfPairs) {
  ScoreHistogram scores;
  scores.add(0.5f, true);
  EXPECT_TRUE(summarise_scores(scores).errors.empty());
}

}  // namespace
}  // namespace massface
