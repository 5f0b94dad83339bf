#include "mining/mine_triplets.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <cmath>
#include <csignal>
#include <limits>
#include <map>
#include <set>

#include "core/error.h"
#include "core/stop_signal.h"
#include "mining/approximate_search.h"
#include "mining/search_forecast.h"
#include "mining/testing_pools.h"

namespace massface {
namespace {

TripletList mine(const TestingPool& pool, Strategy strategy, const SelectionRule& rule) {
  return to_list(mine_triplets(Pool(pool.embeddings, pool.labels), strategy, rule, kNoLimit).triplets);
}

class EveryStrategy : public testing::TestWithParam<std::string> {
 protected:
  Strategy strategy = parse_strategy(GetParam());
};

INSTANTIATE_TEST_SUITE_P(Mining, EveryStrategy, testing::ValuesIn(strategy_names()),
                         [](const auto& info) { return info.param; });

TEST_P(EveryStrategy, SelectsWhatTheLoopsOverAllTripletsSelect) {
  int64_t selected = 0;
  for (uint64_t seed = 0; seed < 400; ++seed) {
    Random random(seed, RandomStream::kSyntheticPairs);
    const TestingPool pool = random_pool(seed, static_cast<int64_t>(2 + random.below(59)), 3);
    const float margins[] = {0.0f, 0.1f, 0.5f, 4.0f};
    const SelectionRule rule{.margin = margins[seed % 4], .seed = seed, .step = 5};
    const TripletList expected = NaiveMiner(pool, rule).select(strategy);
    ASSERT_EQ(mine(pool, strategy, rule), expected) << "seed " << seed;
    selected += static_cast<int64_t>(expected.size());
  }
  EXPECT_GT(selected, 1000) << "the pools test nothing";
}

// The expected distances do not come from the kernel under test.
TEST_P(EveryStrategy, SelectsByTheDefinitionWhereDistancesAreExact) {
  for (uint64_t seed = 0; seed < 400; ++seed) {
    Random random(seed, RandomStream::kSyntheticImage);
    const TestingPool pool = exact_pool(seed, static_cast<int64_t>(2 + random.below(59)));
    const float margins[] = {0.0f, 0.25f, 0.5f, 4.0f};
    const SelectionRule rule{.margin = margins[seed % 4], .seed = seed, .step = 5};
    const TripletList expected = NaiveMiner(pool, rule, naive_distances(pool.embeddings)).select(strategy);
    ASSERT_EQ(mine(pool, strategy, rule), expected) << "seed " << seed;
  }
}

TEST_P(EveryStrategy, KeepsOfASampleTheTripletsOfTheDrawnNumbers) {
  for (uint64_t seed = 0; seed < 30; ++seed) {
    const TestingPool pool = random_pool(seed, 60, 3);
    const SelectionRule rule{.margin = 0.8f, .seed = seed, .step = 1};
    const TripletList all = mine(pool, strategy, rule);
    const auto total = static_cast<int64_t>(all.size());
    for (const int64_t limit : {int64_t{1}, total / 3, total - 1}) {
      TripletList expected;
      for (const int64_t i :
           sample_without_replacement(total, limit, Random(seed, RandomStream::kTripletSample, rule.step))) {
        expected.push_back(all[static_cast<size_t>(i)]);
      }
      const auto mined = mine_triplets(Pool(pool.embeddings, pool.labels), strategy, rule, limit);
      ASSERT_EQ(to_list(mined.triplets), expected) << seed << " " << limit;
      ASSERT_EQ(mined.selected, total);
    }
  }
}

TEST_P(EveryStrategy, HasAForecastWhateverTheSizeOfThePool) {
  for (const int64_t size : {1, 47, 49, 150, 400}) {
    const TestingPool pool = random_pool(4, size, 8);
    for (const int64_t limit : {int64_t{1}, kNoLimit}) {
      const double seconds =
          forecast_search_seconds(Pool(pool.embeddings, pool.labels), strategy, {.margin = 0.5f}, limit);
      EXPECT_TRUE(seconds > 0 && std::isfinite(seconds)) << size << " " << limit;
    }
  }
}

TEST_P(EveryStrategy, SelectsTheSameOnAnyNumberOfThreads) {
  const TestingPool pool = random_pool(3, 333, 16);
  const SelectionRule rule{.margin = 0.3f, .seed = 1, .step = 2};
  const int before = at::get_num_threads();
  at::set_num_threads(1);
  const TripletList one = mine(pool, strategy, rule);
  EXPECT_FALSE(one.empty());
  for (const int threads : {2, 8}) {
    at::set_num_threads(threads);
    EXPECT_EQ(mine(pool, strategy, rule), one) << threads;
  }
  at::set_num_threads(before);
}

TEST_P(EveryStrategy, SelectsNothingWithoutAPositiveOrANegative) {
  const Tensor x = random_pool(1, 5, 4).embeddings;
  const SelectionRule rule{.margin = 4};
  EXPECT_TRUE(mine({x, torch::tensor({1, 2, 3, 4, 5})}, strategy, rule).empty());
  EXPECT_TRUE(mine({x, torch::tensor({7, 7, 7, 7, 7})}, strategy, rule).empty());
  EXPECT_TRUE(mine({x.slice(0, 0, 1), torch::tensor({7})}, strategy, rule).empty());
}

TEST_P(EveryStrategy, TreatsAPoolOfEqualPointsAsTies) {
  const Tensor x = random_pool(1, 1, 4).embeddings.repeat({6, 1});
  const TestingPool pool{x, torch::tensor({1, 2, 1, 2, 1, 2})};
  for (const float margin : {0.0f, 0.2f}) {
    const SelectionRule rule{.margin = margin};
    EXPECT_EQ(mine(pool, strategy, rule), NaiveMiner(pool, rule).select(strategy)) << margin;
  }
}

TEST_P(EveryStrategy, RefusesEmbeddingsThatAreNotFinite) {
  TestingPool pool = random_pool(4, 9, 4);
  pool.embeddings[2][1] = std::numeric_limits<float>::quiet_NaN();
  try {
    mine(pool, strategy, {});
    FAIL();
  } catch (const Failure& failure) {
    EXPECT_EQ(std::string(failure.what()).substr(0, 35), "1 of 9 embeddings hold values that ");
  }
}

// Points on a line, so that the answers can be read off by eye.
TestingPool on_a_line(const std::vector<float>& positions, const std::vector<int64_t>& labels) {
  return {torch::tensor(positions).unsqueeze(1), torch::tensor(labels)};
}

TEST(Strategies, DifferInWhichTripletTheyTake) {
  // Anchor 0 at 0 has positives at 1 (d = 1) and 3 (d = 9), negatives at 1.5 (d = 2.25) and 2 (d = 4).
  const TestingPool pool = on_a_line({0, 1, 3, 1.5f, 2}, {1, 1, 1, 2, 3});
  const auto of_anchor_0 = [&](const char* name, float margin) {
    TripletList list = mine(pool, parse_strategy(name), {.margin = margin});
    std::erase_if(list, [](const auto& triplet) { return triplet[0] != 0; });
    return list;
  };
  using L = TripletList;
  EXPECT_EQ(of_anchor_0("batch_all", 1.5f), (L{{0, 1, 3}, {0, 2, 3}, {0, 2, 4}}));
  EXPECT_EQ(of_anchor_0("batch_min_min", 1.5f), (L{{0, 1, 3}}));
  EXPECT_EQ(of_anchor_0("batch_min_max", 1.5f), (L{{0, 2, 3}}));
  EXPECT_EQ(of_anchor_0("batch_hardest", 1.5f), (L{{0, 2, 3}}));
  EXPECT_EQ(of_anchor_0("batch_semi_hard", 1.5f), (L{{0, 1, 3}}));
  EXPECT_EQ(of_anchor_0("batch_min_min", 1.0f), (L{{0, 2, 3}})) << "the nearest positive no longer violates";
}

TEST(Strategies, HardestWithQuantilesLooksPastTheExtremes) {
  // From anchor 0: positives at 1, 2, 3, 9; negatives at 0.1 (a wrong label), 5, 6, 7.
  const TestingPool pool = on_a_line({0, 1, 2, 3, 9, 0.1f, 5, 6, 7}, {1, 1, 1, 1, 1, 2, 3, 4, 5});
  const auto first = [&](float positive, float negative) {
    return mine(pool, Strategy::kBatchHardest,
                {.margin = 0.2f, .positive_quantile = positive, .negative_quantile = negative})[0];
  };
  EXPECT_EQ(first(1.0f, 0.0f), (std::array<int64_t, 3>{0, 4, 5}));
  EXPECT_EQ(first(0.75f, 0.0f), (std::array<int64_t, 3>{0, 3, 5}));
  EXPECT_EQ(first(0.0f, 0.34f), (std::array<int64_t, 3>{0, 1, 6}));
  EXPECT_EQ(first(0.5f, 1.0f), (std::array<int64_t, 3>{0, 2, 8}));
}

TEST(Strategies, RandomTakesEachViolatingNegativeEquallyOften) {
  const TestingPool pool = on_a_line({0, 1, 1.1f, -1.1f, 1.2f, 3}, {1, 1, 2, 3, 4, 5});
  std::map<int64_t, int> times;
  for (uint64_t step = 0; step < 3000; ++step) {
    ++times[mine(pool, Strategy::kBatchRandom, {.margin = 1, .seed = 9, .step = step})[0][2]];
  }
  ASSERT_EQ(times.size(), 3u);
  for (const int64_t negative : {2, 3, 4}) EXPECT_NEAR(times[negative], 1000, 130) << negative;
}

TEST(MineTriplets, KeepsAUniformSampleAboveTheLimitAndSaysHowManyWereDropped) {
  const TestingPool testing_pool = random_pool(5, 50, 4);
  const Pool pool(testing_pool.embeddings, testing_pool.labels);
  const TripletList all = to_list(mine_triplets(pool, Strategy::kBatchAll, {.margin = 1}, kNoLimit).triplets);
  const std::set<std::array<int64_t, 3>> known(all.begin(), all.end());
  std::map<std::array<int64_t, 3>, int> times;
  constexpr int kSteps = 200;
  const auto limit = static_cast<int64_t>(all.size() / 4);
  for (uint64_t step = 0; step < kSteps; ++step) {
    const MinedTriplets mined = mine_triplets(pool, Strategy::kBatchAll, {.margin = 1, .step = step}, limit);
    ASSERT_EQ(mined.triplets.size(), limit);
    EXPECT_EQ(mined.dropped(), static_cast<int64_t>(all.size()) - limit);
    const TripletList list = to_list(mined.triplets);
    EXPECT_TRUE(std::ranges::is_sorted(list));
    for (const auto& triplet : list) {
      ASSERT_TRUE(known.contains(triplet));
      ++times[triplet];
    }
  }
  EXPECT_EQ(times.size(), all.size());
  for (const auto& [triplet, count] : times) EXPECT_NEAR(count, kSteps / 4, 35);
}

TEST(MineTriplets, StopWhenASignalAsksThemTo) {
  const TestingPool pool = random_pool(5, 50, 4);
  const StopSignal stop;
  std::raise(SIGTERM);
  EXPECT_THROW(mine(pool, Strategy::kBatchAll, {}), Interrupted);
  EXPECT_THROW(mine_triplets_approximately(pool.embeddings, pool.labels, Strategy::kBatchAll, {}, kNoLimit, 8,
                                           *single_process()),
               Interrupted);
}

TEST(MineTriplets, ASampleIsDistinctNumbersInOrder) {
  for (const auto& [total, count] :
       std::vector<std::pair<int64_t, int64_t>>{{1, 1}, {10, 0}, {10, 3}, {10, 9}, {1000, 500}}) {
    const auto sample = sample_without_replacement(total, count, Random(1, RandomStream::kTripletSample));
    EXPECT_EQ(static_cast<int64_t>(sample.size()), count);
    EXPECT_EQ(std::set<int64_t>(sample.begin(), sample.end()).size(), sample.size());
    EXPECT_TRUE(std::ranges::is_sorted(sample));
    for (const int64_t i : sample) EXPECT_TRUE(i >= 0 && i < total);
  }
}

TEST(Strategies, AMistypedNameIsAnErrorWithTheNearest) {
  try {
    parse_strategy("batch_hardset");
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("Did you mean batch_hardest?"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace massface
