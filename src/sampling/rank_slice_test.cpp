#include "sampling/rank_slice.h"

#include <gtest/gtest.h>

#include "core/error.h"

namespace massface {
namespace {

std::vector<ImageIndex> slice(const std::vector<ImageIndex>& batch, int64_t rank, int64_t world_size) {
  const auto part = rank_slice(batch, rank, world_size);
  return {part.begin(), part.end()};
}

TEST(RankSlice, OfOneProcessIsTheBatch) { EXPECT_EQ(slice({5, 6, 7}, 0, 1), (std::vector<ImageIndex>{5, 6, 7})); }

TEST(RankSlice, CutsTheBatchIntoEqualPartsInTheOrderOfRanks) {
  const std::vector<ImageIndex> batch{9, 8, 7, 6, 5, 4};
  EXPECT_EQ(slice(batch, 0, 3), (std::vector<ImageIndex>{9, 8}));
  EXPECT_EQ(slice(batch, 1, 3), (std::vector<ImageIndex>{7, 6}));
  EXPECT_EQ(slice(batch, 2, 3), (std::vector<ImageIndex>{5, 4}));
}

TEST(RankSlice, RefusesABatchThatCannotBeDividedEqually) {
  try {
    slice({1, 2, 3, 4}, 0, 3);
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(),
                 "a batch of 4 images cannot be divided equally among 3 processes. Choose a batch that is a multiple "
                 "of 3");
  }
}

}  // namespace
}  // namespace massface
