#include "mining/nearest_neighbours.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace massface {
namespace {

TEST(NearestNeighbours, AreTheNearestOthersInOrder) {
  const Tensor line = at::tensor({0.f, 1.f, 3.f, 3.5f, 10.f}).unsqueeze(1);
  const auto nearest = nearest_neighbours(line, 2);
  EXPECT_EQ(nearest[0], (std::vector<int64_t>{1, 2}));
  EXPECT_EQ(nearest[2], (std::vector<int64_t>{3, 1}));
  EXPECT_EQ(nearest[4], (std::vector<int64_t>{3, 2}));
}

TEST(NearestNeighbours, GoToTheLowestIndexOfTiesAndNameAllWhereFewAre) {
  const auto nearest = nearest_neighbours(at::zeros({4, 3}), 9);
  EXPECT_EQ(nearest[1], (std::vector<int64_t>{0, 2, 3}));
  EXPECT_TRUE(nearest_neighbours(at::zeros({1, 3}), 9)[0].empty());
}

TEST(NearestNeighbours, AgreeWithSortingEveryRow) {
  at::manual_seed(1);
  const Tensor points = at::randn({131, 7});
  const auto nearest = nearest_neighbours(points, 5);
  for (int64_t i = 0; i < 131; ++i) {
    const Tensor order = (points - points[i]).square().sum(1).argsort();
    for (int64_t k = 0; k < 5; ++k) EXPECT_EQ(nearest[static_cast<size_t>(i)][k], order[k + 1].item<int64_t>());
  }
}

}  // namespace
}  // namespace massface
