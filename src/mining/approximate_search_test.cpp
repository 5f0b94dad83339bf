#include "mining/approximate_search.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <set>

#include "core/error.h"
#include "mining/testing_pools.h"

namespace massface {
namespace {

// Identities that overlap, as faces do: 32 dimensions, centres with noise.
TestingPool faces(int64_t size) {
  Random random(11, RandomStream::kSyntheticImage);
  const auto noise = [&](int64_t rows, float scale) {
    Tensor x = torch::empty({rows, 32});
    for (int64_t i = 0; i < x.numel(); ++i) x.mutable_data_ptr<float>()[i] = scale * random.normal();
    return x;
  };
  const Tensor labels = torch::arange(size).floor_divide(5);
  const Tensor x = noise(size / 5 + 1, 1.0f).index_select(0, labels) + noise(size, 0.7f);
  return {x / x.norm(2, 1, true), labels};
}

TripletList approximate(const TestingPool& pool, Strategy strategy, int64_t candidates, const SelectionRule& rule) {
  return to_list(
      mine_triplets_approximately(pool.embeddings, pool.labels, strategy, rule, kNoLimit, candidates, *single_process())
          .triplets);
}

TripletList exact(const TestingPool& pool, Strategy strategy, const SelectionRule& rule) {
  return to_list(mine_triplets(Pool(pool.embeddings, pool.labels), strategy, rule, kNoLimit).triplets);
}

double part_found(const TripletList& wanted, const TripletList& found) {
  const std::set<std::array<int64_t, 3>> set(found.begin(), found.end());
  int64_t count = 0;
  for (const auto& triplet : wanted) count += set.contains(triplet) ? 1 : 0;
  return static_cast<double>(count) / static_cast<double>(wanted.size());
}

TEST(ApproximateSearch, FindsNearlyAllOfTheTripletsOfTheNearestNegatives) {
  const TestingPool pool = faces(1500);
  const SelectionRule rule{.margin = 0.2f, .seed = 1};
  for (const Strategy strategy : {Strategy::kBatchHardest, Strategy::kBatchMinMax, Strategy::kBatchMinMin}) {
    const TripletList wanted = exact(pool, strategy, rule), found = approximate(pool, strategy, 64, rule);
    EXPECT_GT(wanted.size(), 500u);
    EXPECT_GT(part_found(wanted, found), 0.98) << strategy_names()[static_cast<size_t>(strategy)];
  }
}

TEST(ApproximateSearch, SelectsByEveryStrategyWhatTheWholePoolAllows) {
  const TestingPool pool = faces(400);
  const SelectionRule rule{.margin = 0.2f, .seed = 1};
  const NaiveMiner naive(pool, rule);
  for (const std::string& name : strategy_names()) {
    const Strategy strategy = parse_strategy(name);
    const TripletList found = approximate(pool, strategy, 32, rule);
    EXPECT_FALSE(found.empty()) << name;
    EXPECT_TRUE(std::ranges::is_sorted(found)) << name;
    for (const auto& [a, p, n] : found) {
      ASSERT_TRUE(naive.valid(a, p, n)) << name;
      if (strategy != Strategy::kBatchHardest) {
        ASSERT_LT(naive.d(a, n), naive.d(a, p) + rule.margin + 1e-5f) << name;
      }
    }
  }
}

TEST(ApproximateSearch, WithEveryOtherRowAsACandidateIsTheExactOne) {
  const TestingPool pool = faces(200);
  const SelectionRule rule{.margin = 0.2f};
  for (const Strategy strategy : {Strategy::kBatchAll, Strategy::kBatchSemiHard, Strategy::kBatchHardest}) {
    const TripletList wanted = exact(pool, strategy, rule), found = approximate(pool, strategy, 200, rule);
    EXPECT_GT(part_found(wanted, found), 0.999);
    EXPECT_GT(part_found(found, wanted), 0.999) << "except for near ties";
  }
}

TEST(ApproximateSearch, SelectsTheSameOnAnyNumberOfThreads) {
  const TestingPool pool = faces(1500);
  const SelectionRule rule{.margin = 0.2f, .seed = 3, .step = 4};
  const int before = at::get_num_threads();
  at::set_num_threads(1);
  const TripletList one = approximate(pool, Strategy::kBatchRandom, 32, rule);
  at::set_num_threads(8);
  EXPECT_EQ(approximate(pool, Strategy::kBatchRandom, 32, rule), one);
  at::set_num_threads(before);
}

TEST(ApproximateSearch, KeepsASampleAboveTheLimit) {
  const TestingPool pool = faces(500);
  const MinedTriplets mined = mine_triplets_approximately(pool.embeddings, pool.labels, Strategy::kBatchAll,
                                                          {.margin = 0.5f}, 100, 32, *single_process());
  EXPECT_EQ(mined.triplets.size(), 100);
  EXPECT_GT(mined.dropped(), 100);
}

TEST(ApproximateSearch, RefusesEmbeddingsThatAreNotFinite) {
  TestingPool pool = faces(50);
  pool.embeddings[3][2] = NAN;
  EXPECT_THROW(approximate(pool, Strategy::kBatchHardest, 8, {}), Failure);
}

}  // namespace
}  // namespace massface
