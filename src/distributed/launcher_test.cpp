#include "distributed/launcher.h"

#include <gtest/gtest.h>

namespace massface {
namespace {

using List = std::vector<int>;

TEST(Launcher, DividesTheProcessors) {
  const List all = {2, 3, 5, 7, 11, 13};
  EXPECT_EQ(processors_of(0, 1, all, 6), all);
  EXPECT_EQ(processors_of(0, 2, all, 6), (List{2, 3, 5}));
  EXPECT_EQ(processors_of(1, 2, all, 6), (List{7, 11, 13}));
  EXPECT_EQ(processors_of(0, 4, all, 6), (List{2}));
  EXPECT_EQ(processors_of(1, 4, all, 6), (List{3, 5}));
}

TEST(Launcher, GivesEachProcessOneIfThereAreFewer) {
  EXPECT_EQ(processors_of(0, 3, {4, 6}, 2), (List{4}));
  EXPECT_EQ(processors_of(1, 3, {4, 6}, 2), (List{6}));
  EXPECT_EQ(processors_of(2, 3, {4, 6}, 2), (List{4}));
}

TEST(Launcher, LeavesOutWhatTheQuotaDoesNotCover) {
  const List all = {0, 1, 2, 3, 4, 5, 6, 7};
  EXPECT_EQ(processors_of(0, 2, all, 4), (List{0, 2}));
  EXPECT_EQ(processors_of(1, 2, all, 4), (List{4, 6}));
}

}  // namespace
}  // namespace massface
