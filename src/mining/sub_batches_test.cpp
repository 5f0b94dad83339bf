#include "mining/sub_batches.h"

#include <gtest/gtest.h>

#include <set>

#include "mining/mine_triplets.h"
#include "mining/testing_pools.h"

namespace massface {
namespace {

Random order(uint64_t seed) { return {seed, RandomStream::kTripletOrder}; }

// The sub-batch's triplets as rows of the pool.
TripletList rows_of(const SubBatch& part) {
  TripletList list = to_list(part.triplets);
  for (auto& triplet : list) {
    for (int64_t& position : triplet) position = part.images[static_cast<size_t>(position)];
  }
  return list;
}

TEST(SubBatches, HoldEveryTripletOnceAndNeverTooManyImages) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const TestingPool pool = random_pool(seed, 40, 4);
    const Triplets triplets =
        mine_triplets(Pool(pool.embeddings, pool.labels), Strategy::kBatchAll, {.margin = 0.5f}, 1'000'000).triplets;
    SubBatches parts(triplets, 9, order(seed));
    TripletList all;
    while (const auto part = parts.next()) {
      EXPECT_LE(part->images.size(), 9u);
      EXPECT_EQ(std::set(part->images.begin(), part->images.end()).size(), part->images.size());
      EXPECT_FALSE(rows_of(*part).empty());
      std::ranges::copy(rows_of(*part), std::back_inserter(all));
    }
    std::ranges::sort(all);
    EXPECT_EQ(all, to_list(triplets)) << seed;
  }
}

TEST(SubBatches, TakeInWhatNeedsNoFurtherImage) {
  // Four images make 8 triplets of two identities: one sub-batch of four serves them all.
  const Triplets triplets{torch::tensor({0, 0, 1, 1, 2, 2, 3, 3}), torch::tensor({1, 1, 0, 0, 3, 3, 2, 2}),
                          torch::tensor({2, 3, 2, 3, 0, 1, 0, 1})};
  SubBatches parts(triplets, 4, order(1));
  EXPECT_EQ(parts.next()->triplets.size(), 8);
  EXPECT_FALSE(parts.next().has_value());
}

TEST(SubBatches, AreAnotherCutForAnotherSeedAndTheSameForTheSame) {
  const TestingPool pool = random_pool(3, 40, 4);
  const Triplets triplets =
      mine_triplets(Pool(pool.embeddings, pool.labels), Strategy::kBatchHardest, {}, 1'000'000).triplets;
  const auto first = [&](uint64_t seed) { return SubBatches(triplets, 6, order(seed)).next()->images; };
  EXPECT_EQ(first(1), first(1));
  EXPECT_NE(first(1), first(2));
}

TEST(SubBatches, OfNoTripletAreNone) {
  const Tensor none = torch::empty({0}, torch::kLong);
  EXPECT_FALSE(SubBatches({none, none, none}, 4, order(1)).next().has_value());
}

}  // namespace
}  // namespace massface
