#include "train/find_rate.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/error.h"
#include "core/testing_text.h"
#include "train/testing_training.h"

namespace massface {
namespace {

// A loss that falls fastest at a rate of 0.01, is lowest at 0.1, and rises after it.
std::vector<RateTest::Point> valley() {
  std::vector<RateTest::Point> points;
  for (double exponent = -5; exponent <= 1; exponent += 0.1) {
    const double fallen = 4 / (1 + std::exp(-3 * (exponent + 2)));
    const double risen = exponent > -1 ? 5 * (exponent + 1) * (exponent + 1) : 0;
    const double loss = 10 - fallen + risen;
    points.push_back({.rate = std::pow(10, exponent), .loss = loss, .smoothed = loss});
  }
  return points;
}

TEST(SteepestRate, IsWhereTheLossFallsFastest) {
  const auto rate = steepest_rate(valley());
  ASSERT_TRUE(rate.has_value());
  EXPECT_NEAR(std::log10(*rate), -2, 0.11);
}

TEST(SteepestRate, IsNoneWhereTheLossNeverFalls) {
  auto points = valley();
  for (auto& point : points) point.smoothed = 3 + point.rate;
  EXPECT_FALSE(steepest_rate(points).has_value());
  EXPECT_FALSE(steepest_rate({}).has_value());
}

// Its average has few points at first, so that it jumps there more than it falls anywhere.
TEST(SteepestRate, IsNotTheNoiseOfTheFirstPoints) {
  auto points = valley();
  for (size_t i = 0; i < 8; ++i) points[i].smoothed += i % 2 == 0 ? 3 : -3;
  const auto rate = steepest_rate(points);
  ASSERT_TRUE(rate.has_value());
  EXPECT_NEAR(std::log10(*rate), -2, 0.21);
}

class RateTests : public SmallTraining {};

TEST_F(RateTests, RiseByTheSameFactorAndEnd) {
  Recipe small = recipe("online");
  small.phases[0].objective.loss = "softmax";
  small.phases[0].objective.batch.size = 8;
  small.phases[0].steps = 1000;
  const RateTest test = find_rate(small, "triplet", {.from = 1e-4, .to = 1, .steps = 9});
  ASSERT_EQ(test.points.size(), 9u);
  for (size_t i = 0; i < 9; ++i) EXPECT_NEAR(std::log10(test.points[i].rate), -4 + 0.5 * static_cast<double>(i), 1e-9);
  EXPECT_EQ(test.end, "the last rate");
  EXPECT_EQ(draw_rate_test(test).width, 960);
  EXPECT_EQ(find_rate(small, "", {.steps = 1000, .seconds = 0}).end, "the time ran out");
  EXPECT_NE(message_of<Error>([&] { find_rate(small, "other"); }).find("has no phase \"other\"; it has triplet"),
            std::string::npos);
}

// A phase whose network begins to learn after the test would have ended.
TEST_F(RateTests, TestTheNetworkOfAJointPhase) {
  Recipe joint = recipe("online");
  joint.phases[0].objective.loss = "joint";
  joint.phases[0].objective.joint.classifier_only_epochs = 100;
  joint.phases[0].steps = 100000;
  EXPECT_EQ(find_rate(joint, "", {.steps = 3}).points.size(), 3u);
}

}  // namespace
}  // namespace massface
