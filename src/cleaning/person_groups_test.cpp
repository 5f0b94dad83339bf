#include "cleaning/person_groups.h"

#include <gtest/gtest.h>

#include <cmath>

#include "cleaning/testing_people.h"

namespace massface {
namespace {

LabelledEmbeddings rows_at(const std::vector<double>& degrees) {
  std::vector<float> values;
  for (const double angle : degrees) {
    values.push_back(static_cast<float>(std::cos(angle * M_PI / 180)));
    values.push_back(static_cast<float>(std::sin(angle * M_PI / 180)));
  }
  return LabelledEmbeddings(at::tensor(values).reshape({-1, 2}), std::vector<int64_t>(degrees.size()), 1);
}

double at_angle(double degrees) { return std::cos(degrees * M_PI / 180); }

TEST(PersonGroups, AreTightAtFirstAndThenTakeInWhatIsNear) {
  // 0, 5, 10 make a group, and 35 joins it; 96 to 112 are the larger one; 200 is alone.
  const LabelledEmbeddings set = rows_at({0, 100, 5, 104, 10, 35, 200, 108, 112, 96});
  const auto groups = find_groups(set, {9, 8, 7, 6, 5, 4, 3, 2, 1, 0}, {at_angle(12), at_angle(40)}, 3);
  ASSERT_EQ(groups.size(), 2u);
  EXPECT_EQ(groups[0].rows, std::vector<int64_t>({1, 3, 7, 8, 9}));
  EXPECT_EQ(groups[1].rows, std::vector<int64_t>({0, 2, 4, 5}));
  EXPECT_NEAR(groups[1].centre[1], std::sin(5 * M_PI / 180), 1e-6) << "35 does not move the centre";
}

TEST(PersonGroups, HaveAtLeastTheSmallestNumberOfRows) {
  const LabelledEmbeddings set = rows_at({0, 5, 90, 95, 180});
  EXPECT_TRUE(find_groups(set, {0, 1, 2, 3, 4}, {at_angle(12), at_angle(40)}, 3).empty());
  EXPECT_EQ(find_groups(set, {0, 1, 2, 3, 4}, {at_angle(12), at_angle(40)}, 2).size(), 2u);
  EXPECT_TRUE(find_groups(set, {}, {at_angle(12), at_angle(40)}, 2).empty());
}

}  // namespace
}  // namespace massface
