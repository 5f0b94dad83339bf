#include "report/chart_axis.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace massface {
namespace {

void expect_ticks(const ChartAxis& axis, const std::vector<double>& expected) {
  ASSERT_EQ(axis.ticks().size(), expected.size());
  for (size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(axis.ticks()[i], expected[i], 1e-12) << i;
}

TEST(ChartAxis, RoundsItsRangeToStepsThatAreReadable) {
  const ChartAxis axis({.label = "y"}, {0.13, 0.97, 0.4});
  EXPECT_DOUBLE_EQ(axis.low(), 0);
  EXPECT_DOUBLE_EQ(axis.high(), 1);
  expect_ticks(axis, {0, 0.2, 0.4, 0.6, 0.8, 1});
  EXPECT_DOUBLE_EQ(axis.place_of(0.25), 0.25);
  expect_ticks(ChartAxis({.label = "y"}, {0.981, 0.999}), {0.98, 0.985, 0.99, 0.995, 1});
  expect_ticks(ChartAxis({.label = "y"}, {-3, 11}), {-5, 0, 5, 10, 15});
}

TEST(ChartAxis, KeepsTheEndsThatItIsGiven) {
  const ChartAxis axis({.label = "Fold", .low = 0.5, .high = 10.5}, {1, 10});
  EXPECT_DOUBLE_EQ(axis.low(), 0.5);
  EXPECT_DOUBLE_EQ(axis.high(), 10.5);
  expect_ticks(axis, {2, 4, 6, 8, 10});
  EXPECT_DOUBLE_EQ(axis.place_of(5.5), 0.5);
  EXPECT_DOUBLE_EQ(axis.place_of(-7), 0);
  EXPECT_DOUBLE_EQ(axis.place_of(70), 1);
}

TEST(ChartAxis, GivesEveryDecadeTheSameLength) {
  const ChartAxis axis({.label = "FMR", .scale = AxisScale::kLogarithmic, .unit = AxisUnit::kPercent}, {0.0004, 0.3});
  EXPECT_DOUBLE_EQ(axis.low(), 1e-4);
  EXPECT_DOUBLE_EQ(axis.high(), 1);
  expect_ticks(axis, {1e-4, 1e-3, 1e-2, 1e-1, 1});
  EXPECT_NEAR(axis.place_of(0.01), 0.5, 1e-12);
  EXPECT_EQ(axis.place_of(0), 0);  // has no logarithm
  EXPECT_EQ(axis.text_of(0.001), "0.1 %");
}

TEST(ChartAxis, LeavesOutDecadesWhereThereAreMany) {
  const ChartAxis axis({.label = "x", .scale = AxisScale::kLogarithmic}, {1e-12, 1});
  expect_ticks(axis, {1e-12, 1e-10, 1e-8, 1e-6, 1e-4, 1e-2, 1});
}

TEST(ChartAxis, IsThereForOneValueAndForNone) {
  const ChartAxis one({.label = "y"}, {0.5, 0.5});
  EXPECT_LT(one.low(), 0.5);
  EXPECT_GT(one.high(), 0.5);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const ChartAxis none({.label = "y"}, {nan, std::numeric_limits<double>::infinity()});
  EXPECT_DOUBLE_EQ(none.low(), 0);
  EXPECT_DOUBLE_EQ(none.high(), 1);
  const ChartAxis zeros({.label = "y", .scale = AxisScale::kLogarithmic}, {0, 0});
  EXPECT_LT(zeros.low(), zeros.high());
  const ChartAxis same({.label = "y", .scale = AxisScale::kLogarithmic}, {0.1, 0.1});
  EXPECT_DOUBLE_EQ(same.low(), 0.1);
  EXPECT_DOUBLE_EQ(same.high(), 1);
}

TEST(ChartAxis, WritesNumbersShortly) {
  EXPECT_EQ(axis_text(0.1 + 0.2, AxisUnit::kNumber), "0.3");
  EXPECT_EQ(axis_text(1e-17, AxisUnit::kNumber), "0");
  EXPECT_EQ(axis_text(20000, AxisUnit::kNumber), "20000");
  EXPECT_EQ(axis_text(0.9975, AxisUnit::kPercent), "99.75 %");
  EXPECT_EQ(axis_text(1e-6, AxisUnit::kPercent), "0.0001 %");
}

}  // namespace
}  // namespace massface
