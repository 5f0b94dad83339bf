#include "loss/pool_order.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

namespace massface {
namespace {

TEST(PoolOrder, GroupsPositionsByLabelInAscendingOrder) {
  const PoolOrder grouped = pool_order(torch::tensor({7, -2, 7, 9, -2, 7}));
  EXPECT_TRUE(grouped.order.equal(torch::tensor({1, 4, 0, 2, 5, 3})));
  EXPECT_TRUE(grouped.first.equal(torch::tensor({2, 0, 2, 5, 0, 2})));
  EXPECT_TRUE(grouped.last.equal(torch::tensor({5, 2, 5, 6, 2, 5})));
}

// Sorting may only keep the order of equal labels by chance where there are few.
TEST(PoolOrder, KeepsThePositionsOfALabelAscendingInALargePool) {
  const PoolOrder grouped = pool_order(torch::arange(5000).remainder(3));
  for (int64_t label = 0; label < 3; ++label) {
    const Tensor positions =
        grouped.order.slice(0, grouped.first[label].item<int64_t>(), grouped.last[label].item<int64_t>());
    EXPECT_TRUE(positions.equal(torch::arange(label, 5000, 3)));
  }
}

TEST(PoolOrder, TakesAPoolWithoutImages) { EXPECT_EQ(pool_order(torch::empty({0}, torch::kLong)).order.numel(), 0); }

}  // namespace
}  // namespace massface
