#include "core/random.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace massface {
namespace {

// The known-answer vector of Random123 for philox4x32-10 with a zero key and a zero counter. Our counter holds the
// stream in its top word, so a zero counter requires stream 0.
TEST(Random, IsPhilox4x32With10Rounds) {
  Random random(0, static_cast<RandomStream>(0), 0, 0);
  EXPECT_EQ(random.next_u32(), 0x6627e8d5u);
  EXPECT_EQ(random.next_u32(), 0xe169c58du);
  EXPECT_EQ(random.next_u32(), 0xbc57ac4cu);
  EXPECT_EQ(random.next_u32(), 0x9b00dbd8u);
}

TEST(Random, GivesOtherNumbersForEverySeedStreamStepAndItem) {
  std::set<uint64_t> seen;
  for (uint64_t seed : {0, 1, 2})
    for (auto stream : {RandomStream::kAugment, RandomStream::kIdentityOrder})
      for (uint64_t step : {0, 1, 2})
        for (uint32_t item : {0, 1, 2}) seen.insert(Random(seed, stream, step, item).next_u64());
  EXPECT_EQ(seen.size(), 3u * 2 * 3 * 3);
}

TEST(Random, IsUniformBelowABound) {
  Random random(7, RandomStream::kAugment);
  std::vector<int> counts(5);
  for (int i = 0; i < 50000; ++i) ++counts[random.below(5)];
  for (int count : counts) EXPECT_NEAR(count, 10000, 500);
}

TEST(Random, HasNormalNumbersOfMeanZeroAndVarianceOne) {
  Random random(7, RandomStream::kAugment);
  double sum = 0, squares = 0;
  for (int i = 0; i < 50000; ++i) {
    const double x = random.normal();
    sum += x;
    squares += x * x;
  }
  EXPECT_NEAR(sum / 50000, 0, 0.03);
  EXPECT_NEAR(squares / 50000, 1, 0.03);
}

TEST(Random, ShufflesToAPermutation) {
  std::vector<int> values{0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
  Random(3, RandomStream::kImageOrder).shuffle(values);
  EXPECT_FALSE(std::ranges::is_sorted(values));
  std::ranges::sort(values);
  EXPECT_EQ(values, (std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
}

}  // namespace
}  // namespace massface
