#include "evaluation/mcnemar.h"

#include <gtest/gtest.h>

namespace massface {
namespace {

// Fair coins: of six throws none or all show heads with a probability of 2 / 64; of ten, at most two or at least eight
// with 2 (1 + 10 + 45) / 1024.
TEST(McNemar, CountsFairCoins) {
  EXPECT_NEAR(mcnemar_p_value(0, 6), 2.0 / 64, 1e-12);
  EXPECT_NEAR(mcnemar_p_value(6, 0), 2.0 / 64, 1e-12);
  EXPECT_NEAR(mcnemar_p_value(2, 8), 112.0 / 1024, 1e-12);
  EXPECT_DOUBLE_EQ(mcnemar_p_value(0, 0), 1);
  EXPECT_DOUBLE_EQ(mcnemar_p_value(5, 5), 1);  // the middle counts twice, which is more than certain
}

// 2 (1 - Phi((40 - 1) / 20)) = 0.0512 for the nearest normal distribution, with the correction for continuity.
TEST(McNemar, IsNearTheNormalDistributionForManyCases) { EXPECT_NEAR(mcnemar_p_value(180, 220), 0.0512, 5e-4); }

TEST(McNemar, LooksOnlyAtCasesOnWhichTheTwoDiffer) {
  const PairedDecisions decisions = compare_decisions({1, 1, 0, 0, 1, 1}, {1, 0, 0, 1, 0, 1});
  EXPECT_EQ(decisions.cases, 6);
  EXPECT_EQ(decisions.only_first_right, 2);
  EXPECT_EQ(decisions.only_second_right, 1);
  EXPECT_DOUBLE_EQ(decisions.p_value, 1);  // 2 (1 + 3) / 8
}

}  // namespace
}  // namespace massface
