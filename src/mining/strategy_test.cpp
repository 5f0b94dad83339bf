#include "mining/strategy.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>
#include <map>
#include <vector>

#include "mining/pool.h"
#include "mining/testing_pools.h"

namespace massface {
namespace {

using Emitted = std::vector<std::pair<int32_t, int32_t>>;

// What each row of a pool emits.
std::vector<Emitted> emitted_by(Strategy strategy, const TestingPool& testing, const SelectionRule& rule) {
  const Pool pool(testing.embeddings, testing.labels);
  const int64_t stride = pool.distances().stride();
  const Tensor distances = torch::empty({pool.size(), stride});
  pool.distances().compute_matrix(distances.mutable_data_ptr<float>());
  std::vector<Emitted> rows;
  for (int64_t a = 0; a < pool.size(); ++a) {
    const PoolRow row = pool.row(a, distances.const_data_ptr<float>() + a * stride);
    Emitted emitted;
    const auto emit = [&](int32_t positive, int32_t negative) { emitted.emplace_back(positive, negative); };
    with_selector(strategy, [&](auto selector) { selector(row, rule, emit); });
    rows.push_back(std::move(emitted));
  }
  return rows;
}

class SelectorTraitsOf : public testing::TestWithParam<std::string> {
 protected:
  const Strategy strategy = parse_strategy(GetParam());
};

INSTANTIATE_TEST_SUITE_P(Mining, SelectorTraitsOf, testing::ValuesIn(strategy_names()),
                         [](const auto& info) { return info.param; });

TEST_P(SelectorTraitsOf, SayWhetherRandomNumbersDecide) {
  bool differs = false;
  for (uint64_t seed = 0; seed < 10; ++seed) {
    const TestingPool pool = random_pool(seed, 40, 6);
    const auto first = emitted_by(strategy, pool, {.margin = 0.5f, .seed = 1, .step = 3});
    differs |= first != emitted_by(strategy, pool, {.margin = 0.5f, .seed = 2, .step = 3});
    differs |= first != emitted_by(strategy, pool, {.margin = 0.5f, .seed = 1, .step = 4});
  }
  EXPECT_EQ(differs, draws_random_numbers(strategy)) << "set kDrawsRandomNumbers in the selector";
}

TEST_P(SelectorTraitsOf, SayWhetherQuantilesDecide) {
  bool differs = false;
  for (uint64_t seed = 0; seed < 10; ++seed) {
    const TestingPool pool = random_pool(seed, 40, 6);
    const auto plain = emitted_by(strategy, pool, {.margin = 0.5f});
    differs |= plain != emitted_by(strategy, pool, {.margin = 0.5f, .positive_quantile = 0.3f});
    differs |= plain != emitted_by(strategy, pool, {.margin = 0.5f, .negative_quantile = 0.5f});
  }
  EXPECT_EQ(differs, uses_quantiles(strategy)) << "set kUsesQuantiles in the selector";
}

TEST_P(SelectorTraitsOf, SayWhetherEveryViolatingNegativeOfEveryPositiveIsEmitted) {
  bool every = true;
  for (uint64_t seed = 0; seed < 10; ++seed) {
    const TestingPool testing = random_pool(seed, 40, 6);
    const Pool pool(testing.embeddings, testing.labels);
    const auto rows = emitted_by(strategy, testing, {.margin = 0.5f});
    for (int64_t a = 0; a < pool.size(); ++a) {
      const Emitted& emitted = rows[static_cast<size_t>(a)];
      const int64_t positives = testing.labels.eq(testing.labels[a]).sum().item<int64_t>() - 1;
      every &= static_cast<int64_t>(emitted.size()) == positives;
      for (const auto& [positive, negative] : emitted) every &= negative == kEveryViolating;
    }
  }
  bool declared = false;
  with_selector(strategy, [&](auto selector) { declared = decltype(selector)::kEmitsEveryViolating; });
  EXPECT_EQ(every, declared) << "set kEmitsEveryViolating in the selector";
}

// Unit vectors at L2 distances of 0.3 (the positive), and 0.2, 0.6, 0.7 and 0.9 (negatives) from the anchor, with a
// margin that makes all violate below L2 1.0. Drawn distances between 0.5 and 1.0: up to 0.6 select the second
// negative, up to 0.7 the third, up to 0.9 the fourth; beyond, a lesser one is drawn. So 1/4, 1/4 and 1/2, and the
// first, which is nearer than 0.5, never.
TEST(BatchDistanceWeighted, DrawsNegativesByTheGapsBetweenTheirDistances) {
  std::vector<float> points{1, 0};
  for (const double distance : {0.3, -0.2, -0.6, -0.7, -0.9}) {
    const double angle = 2 * std::asin(distance / 2);
    points.insert(points.end(), {static_cast<float>(std::cos(angle)), static_cast<float>(std::sin(angle))});
  }
  const TestingPool pool{torch::tensor(points).view({6, 2}), torch::tensor({0, 0, 1, 2, 3, 4})};
  std::map<int32_t, int> counts;
  for (uint64_t step = 0; step < 4000; ++step) {
    const SelectionRule rule{.margin = 1.0f - 0.09f, .seed = 5, .step = step};
    const auto rows = emitted_by(Strategy::kBatchDistanceWeighted, pool, rule);
    ASSERT_EQ(rows[0].size(), 1);
    ++counts[rows[0][0].second];
  }
  EXPECT_EQ(counts.count(2), 0);
  EXPECT_NEAR(counts[3], 1000, 120);
  EXPECT_NEAR(counts[4], 1000, 120);
  EXPECT_NEAR(counts[5], 2000, 150);
}

TEST(BatchDistanceWeighted, TakesANearNegativeWhereNoOtherViolates) {
  const float near = 0.01f;
  const TestingPool pool{torch::tensor({1.0f, 0.0f, 0.0f, 1.0f, std::cos(near), std::sin(near)}).view({3, 2}),
                         torch::tensor({0, 0, 1})};
  const auto rows = emitted_by(Strategy::kBatchDistanceWeighted, pool, {.margin = 0.2f, .seed = 5});
  EXPECT_EQ(rows[0], (Emitted{{1, 2}}));
}

}  // namespace
}  // namespace massface
