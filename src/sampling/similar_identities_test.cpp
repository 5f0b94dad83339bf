#include "sampling/similar_identities.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/random.h"

namespace massface {
namespace {

using Walk = std::vector<IdentityIndex>;

TEST(GroupSimilar, FollowsAnIdentityWithItsNeighbours) {
  const IdentityNeighbours neighbours{{5, 3, 1}, {0}, {4}, {0}, {2, 5}, {0}};
  EXPECT_EQ(group_similar({0, 1, 2, 3, 4, 5}, neighbours, 3), (Walk{0, 5, 3, 1, 2, 4}));
  EXPECT_EQ(group_similar({4, 3, 2, 1, 0, 5}, neighbours, 2), (Walk{4, 2, 3, 0, 1, 5}));
}

TEST(GroupSimilar, LeavesTheOrderAloneForGroupsOfOne) {
  const IdentityNeighbours neighbours{{1}, {2}, {0}};
  EXPECT_EQ(group_similar({2, 0, 1}, neighbours, 1), (Walk{2, 0, 1}));
}

TEST(GroupSimilar, PassesOverIdentitiesThatAreNotInTheWalk) {
  const IdentityNeighbours neighbours{{1, 2}, {}, {}};
  EXPECT_EQ(group_similar({0, 2}, neighbours, 2), (Walk{0, 2}));
}

TEST(GroupSimilar, WalksEveryIdentityOnce) {
  for (uint64_t seed = 0; seed < 100; ++seed) {
    Random random(seed, RandomStream::kIdentityOrder);
    Walk order(40);
    for (int64_t i = 0; i < 40; ++i) order[static_cast<size_t>(i)] = i;
    random.shuffle(order);
    IdentityNeighbours neighbours(40);
    for (auto& list : neighbours) {
      for (uint64_t i = random.below(6); i > 0; --i) list.push_back(static_cast<int64_t>(random.below(40)));
    }
    Walk walk = group_similar(order, neighbours, static_cast<int64_t>(1 + random.below(7)));
    std::ranges::sort(walk);
    std::ranges::sort(order);
    ASSERT_EQ(walk, order) << seed;
  }
}

}  // namespace
}  // namespace massface
