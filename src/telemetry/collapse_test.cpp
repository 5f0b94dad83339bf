#include "telemetry/collapse.h"

#include <gtest/gtest.h>

#include <limits>

#include "telemetry/testing_reports.h"

namespace massface {
namespace {

// Observes `steps` steps with the mean distance pool_at(step) and returns those, counted from 1, that gave a warning.
template <typename PoolAt>
std::vector<int64_t> warned_steps(CollapseWatch& watch, int64_t steps, PoolAt pool_at, double gap = 0) {
  std::vector<int64_t> warned;
  for (int64_t step = 1; step <= steps; ++step) {
    if (watch.observe(triplet_report(step, pool_at(step), 0.25, 0.25 + gap))) warned.push_back(step);
  }
  return warned;
}

TEST(CollapseWatch, IsQuietWhileDistancesAreLarge) {
  CollapseWatch watch;
  EXPECT_TRUE(warned_steps(watch, 600, [](int64_t step) { return step <= 20 ? 1.5 : 0.25; }).empty());
}

TEST(CollapseWatch, WarnsOnceInFiveHundredStepsOfAPoolInOnePoint) {
  CollapseWatch watch;
  EXPECT_EQ(warned_steps(watch, 1030, [](int64_t) { return 0.0625 / 4; }), (std::vector<int64_t>{20, 520, 1020}));
}

TEST(CollapseWatch, AveragesOverTwentySteps) {
  CollapseWatch watch;
  // From step 101 on 0: the window's mean falls by 0.015 a step, from 0.3, and is 0.03 after 18 of them.
  EXPECT_EQ(warned_steps(watch, 200, [](int64_t step) { return step <= 100 ? 0.3 : 0.0; }), std::vector<int64_t>{119});
}

TEST(CollapseWatch, WarnsWhenDistancesHaveShrunkToATwentiethOfWhatTheyWere) {
  CollapseWatch watch;
  EXPECT_EQ(warned_steps(watch, 50, [](int64_t step) { return step <= 20 ? 1.0 : 0.046875; }),
            std::vector<int64_t>{40});
  CollapseWatch not_quite;
  EXPECT_TRUE(warned_steps(not_quite, 50, [](int64_t step) { return step <= 20 ? 1.0 : 0.0625; }).empty());
}

TEST(CollapseWatch, IsQuietWhileNegativesAreFartherThanPositives) {
  CollapseWatch watch;
  EXPECT_TRUE(warned_steps(
                  watch, 100, [](int64_t) { return 0.015625; }, 0.0625)
                  .empty());
}

TEST(CollapseWatch, PassesOverReportsWithoutTripletsOrWithNaN) {
  CollapseWatch watch;
  for (int64_t step = 1; step <= 30; ++step) {
    EXPECT_FALSE(watch.observe(softmax_report(step)));
    EXPECT_FALSE(watch.observe(triplet_report(step, std::numeric_limits<double>::quiet_NaN())));
  }
  EXPECT_EQ(warned_steps(watch, 20, [](int64_t) { return 0.0; }), std::vector<int64_t>{20});
}

TEST(CollapseWatch, StartsAnewWithAPhase) {
  CollapseWatch watch;
  warned_steps(watch, 20, [](int64_t) { return 2.0; });
  for (int64_t step = 1; step <= 40; ++step) {
    StepReport report =
        triplet_report(step, 0.0625, 0.25, 0.25);  // below a twentieth of 2, but not of this phase's mean
    report.phase = "second";
    EXPECT_FALSE(watch.observe(report));
  }
}

TEST(CollapseWatch, AdvisesWhatToChange) {
  CollapseWatch watch;
  std::optional<std::string> advice;
  for (int64_t step = 1; step <= 20; ++step) advice = watch.observe(triplet_report(step, 0.015625, 0.25, 0.25));
  ASSERT_TRUE(advice);
  EXPECT_EQ(*advice,
            "step 20 of phase triplet: the embeddings are collapsing into one point: two images are 0.0156 apart "
            "(squared L2) on average, 0.0156 at the start, and negatives are only 0.0000 farther away than positives. "
            "Lower this phase's learning_rate, raise its warmup_steps, or train a softmax phase first");
}

}  // namespace
}  // namespace massface
