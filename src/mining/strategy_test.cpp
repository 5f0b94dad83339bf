#include "mining/strategy.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

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

}  // namespace
}  // namespace massface
