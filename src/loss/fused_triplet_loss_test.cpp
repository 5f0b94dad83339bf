#include "loss/fused_triplet_loss.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "core/error.h"
#include "loss/row_weigher.h"
#include "loss/row_weights.h"
#include "loss/triplet_loss.h"
#include "mining/distances.h"
#include "mining/mine_triplets.h"
#include "mining/testing_pools.h"

namespace massface {
namespace {

struct Result {
  double loss;
  Tensor gradient;
  TripletStatistics statistics;
};

Result fused(const TestingPool& pool, Strategy strategy, const SelectionRule& rule, const TripletLossOptions& options) {
  const Tensor x = pool.embeddings.detach().clone().requires_grad_(true);
  const PoolLossOutput output = fused_triplet_loss(x, pool.labels, strategy, rule, options);
  output.loss.backward();
  return {output.loss.item<double>(), x.grad(), output.statistics.read()};
}

// The loss of the same triplets as a list, with autograd in float64.
Result by_list(const TestingPool& pool, Strategy strategy, const SelectionRule& rule,
               const TripletLossOptions& options) {
  const auto mined = mine_triplets(Pool(pool.embeddings, pool.labels), strategy, rule, int64_t{1} << 40);
  const Tensor x = pool.embeddings.to(torch::kDouble).requires_grad_(true);
  const TripletLossOutput output = triplet_loss(squared_distances(x), mined.triplets, options);
  output.loss.backward();
  return {output.loss.item<double>(), x.grad(), output.statistics};
}

class EveryStrategy : public testing::TestWithParam<std::string> {
 protected:
  Strategy strategy = parse_strategy(GetParam());
};

INSTANTIATE_TEST_SUITE_P(FusedTripletLoss, EveryStrategy, testing::ValuesIn(strategy_names()),
                         [](const auto& info) { return info.param; });

TEST_P(EveryStrategy, HasTheLossAndGradientOfItsListedTriplets) {
  int64_t active = 0;
  for (uint64_t seed = 0; seed < 60; ++seed) {
    const TestingPool pool = random_pool(seed, static_cast<int64_t>(2 + seed), 5);
    const SelectionRule rule{.margin = seed % 3 == 0 ? 0.0f : 0.35f, .seed = seed, .step = 1};
    TripletLossOptions options{.margin = rule.margin, .soft_margin = seed % 5 == 4};
    options.reduction = seed % 2 == 0 ? "active" : "selected";
    const Result ours = fused(pool, strategy, rule, options), expected = by_list(pool, strategy, rule, options);
    ASSERT_EQ(ours.statistics.selected, expected.statistics.selected) << seed;
    ASSERT_NEAR(ours.loss, expected.loss, 1e-5) << seed;
    ASSERT_LT((ours.gradient - expected.gradient).abs().max().item<double>(), 1e-5) << seed;
    ASSERT_EQ(ours.statistics.to_positive.counts, expected.statistics.to_positive.counts) << seed;
    ASSERT_EQ(ours.statistics.to_negative.counts, expected.statistics.to_negative.counts) << seed;
    EXPECT_NEAR(ours.statistics.mean_to_positive(), expected.statistics.mean_to_positive(), 1e-5);
    EXPECT_NEAR(ours.statistics.mean_to_negative(), expected.statistics.mean_to_negative(), 1e-5);
    EXPECT_NEAR(ours.statistics.mean_of_pool(), expected.statistics.mean_of_pool(), 1e-5);
    active += ours.statistics.active;
  }
  EXPECT_GT(active, 200) << "the pools test nothing";
}

// The rest of the pool, such as a memory of older batches, is positive and negative but never an anchor.
TEST_P(EveryStrategy, TakesAnchorsFromTheFirstPartOfThePoolAlone) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const TestingPool pool = random_pool(seed, static_cast<int64_t>(10 + seed), 5);
    const int64_t anchors = 4 + static_cast<int64_t>(seed % 5);
    const SelectionRule rule{.margin = 0.35f, .seed = seed, .step = 1};
    const TripletLossOptions options{.margin = rule.margin};
    const Tensor ours = pool.embeddings.detach().clone().requires_grad_(true);
    const PoolLossOutput output =
        fused_triplet_loss(ours, pool.labels, strategy, rule, options, single_process(), anchors);
    output.loss.backward();

    Triplets mined = mine_triplets(Pool(pool.embeddings, pool.labels), strategy, rule, int64_t{1} << 40).triplets;
    const Tensor kept = (mined.anchors < anchors).nonzero().squeeze(1);
    mined = {mined.anchors.index_select(0, kept), mined.positives.index_select(0, kept),
             mined.negatives.index_select(0, kept)};
    const Tensor theirs = pool.embeddings.to(torch::kDouble).requires_grad_(true);
    const TripletLossOutput expected = triplet_loss(squared_distances(theirs), mined, options);
    expected.loss.backward();
    ASSERT_EQ(output.statistics.read().selected, expected.statistics.selected) << seed;
    ASSERT_NEAR(output.loss.item<double>(), expected.loss.item<double>(), 1e-5) << seed;
    ASSERT_LT((ours.grad() - theirs.grad()).abs().max().item<double>(), 1e-5) << seed;
  }
}

TEST_P(EveryStrategy, CountsTheViolatingTripletsOfThePool) {
  const TestingPool pool = random_pool(8, 41, 4);
  const SelectionRule rule{.margin = 0.3f};
  const NaiveMiner naive(pool, rule);
  int64_t valid = 0, violating = 0;
  for (int64_t a = 0; a < 41; ++a) {
    for (int64_t p = 0; p < 41; ++p) {
      for (int64_t n = 0; n < 41; ++n) {
        if (!naive.valid(a, p, n)) continue;
        ++valid;
        violating += naive.violates(a, p, n) ? 1 : 0;
      }
    }
  }
  const TripletStatistics statistics = fused(pool, strategy, rule, {.margin = 0.3}).statistics;
  EXPECT_EQ(statistics.valid, valid);
  EXPECT_EQ(statistics.violating, violating);
  EXPECT_EQ(statistics.valid, Pool(pool.embeddings, pool.labels).num_valid_triplets());
}

TEST_P(EveryStrategy, IsZeroWithAZeroGradientWhereNothingViolates) {
  // Two identities, each at one point, on opposite sides.
  const Tensor corner = torch::tensor({{1.f, 0.f}, {1.f, 0.f}, {-1.f, 0.f}, {-1.f, 0.f}});
  const Result result = fused({corner, torch::tensor({5, 5, 6, 6})}, strategy, {.margin = 0.5f}, {.margin = 0.5});
  EXPECT_EQ(result.loss, 0.0);
  EXPECT_EQ(result.gradient.abs().max().item<float>(), 0.0f);
  EXPECT_EQ(result.statistics.active, 0);
}

TEST_P(EveryStrategy, IsFiniteWhereAllPointsAreEqual) {
  const Tensor x = torch::full({6, 4}, 0.5f);
  const Result result = fused({x, torch::tensor({1, 2, 1, 2, 1, 2})}, strategy, {.margin = 0.2f}, {.margin = 0.2});
  // The violation is the margin in float32; between equal points there is nothing to pull at.
  EXPECT_NEAR(result.loss, result.statistics.selected > 0 ? 0.2 : 0.0, 1e-7);
  EXPECT_EQ(result.gradient.abs().max().item<float>(), 0.0f);
}

TEST_P(EveryStrategy, GivesTheSameBitsOnAnyNumberOfThreads) {
  const TestingPool pool = random_pool(3, 300, 24);
  const int before = at::get_num_threads();
  at::set_num_threads(1);
  const Result one = fused(pool, strategy, {.margin = 0.3f}, {.margin = 0.3});
  for (const int threads : {2, 8}) {
    at::set_num_threads(threads);
    const Result many = fused(pool, strategy, {.margin = 0.3f}, {.margin = 0.3});
    EXPECT_EQ(many.loss, one.loss) << threads;
    EXPECT_TRUE(many.gradient.equal(one.gradient)) << threads;
  }
  at::set_num_threads(before);
}

TEST(FusedTripletLoss, MinMaxIsTheViolatingPartOfHardest) {
  for (uint64_t seed = 0; seed < 30; ++seed) {
    const TestingPool pool = random_pool(seed, 50, 6);
    const Result min_max = fused(pool, Strategy::kBatchMinMax, {.margin = 0.3f}, {.margin = 0.3});
    const Result hardest = fused(pool, Strategy::kBatchHardest, {.margin = 0.3f}, {.margin = 0.3});
    EXPECT_EQ(min_max.statistics.selected, hardest.statistics.active);
    EXPECT_EQ(min_max.loss, hardest.loss);
    EXPECT_TRUE(min_max.gradient.equal(hardest.gradient));
  }
}

TEST(FusedTripletLoss, RanksNegativesWhereAnIdentityHasManyImages) {
  const TestingPool pool = random_pool(6, 120, 4);
  const Tensor labels = torch::arange(120).remainder(3);
  const Pool whole(pool.embeddings, labels);
  const Tensor distances = torch::empty({120, whole.distances().stride()});
  whole.distances().compute_matrix(distances.mutable_data_ptr<float>());
  std::vector<float> ranked(whole.distances().stride()), passed(ranked);
  for (const Strategy strategy : {Strategy::kBatchAll, Strategy::kBatchSemiHard}) {
    for (int64_t a = 0; a < 120; ++a) {
      const PoolRow row = whole.row(a, distances.const_data_ptr<float>() + a * whole.distances().stride());
      const auto few = RowWeights(strategy, {.margin = 0.3f}, false, 2).weigh(row, ranked.data());
      const auto many = RowWeights(strategy, {.margin = 0.3f}, false, 1000).weigh(row, passed.data());
      ASSERT_EQ(ranked, passed);
      ASSERT_EQ(few.selected, many.selected);
      ASSERT_EQ(few.violating, many.violating);
      ASSERT_NEAR(few.sum_loss, many.sum_loss, 1e-9 * (1 + many.sum_loss));
      ASSERT_NEAR(few.sum_to_negative, many.sum_to_negative, 1e-9 * (1 + many.sum_to_negative));
    }
  }
}

// Emits all violating negatives of every second positive, so the row cannot be weighed as a whole.
struct EverySecondPositive : SelectorTraits {
  template <class Row, class Emit>
  void operator()(const Row& row, const SelectionRule&, Emit& emit) const {
    for (int32_t i = 1; i < row.num_positives(); i += 2) emit(row.positive(i), kEveryViolating);
  }
};

TEST(RowWeigher, WeighsEveryViolatingOfSomePositivesHoweverManyThereAre) {
  const TestingPool pool = random_pool(6, 120, 4);
  const Tensor labels = torch::arange(120).remainder(3);
  const Pool whole(pool.embeddings, labels);
  const int64_t stride = whole.distances().stride();
  const Tensor distances = torch::empty({120, stride});
  whole.distances().compute_matrix(distances.mutable_data_ptr<float>());
  std::vector<float> weights(static_cast<size_t>(stride));
  const float margin = 0.3f;
  for (int64_t a = 0; a < 120; ++a) {
    const float* d = distances.const_data_ptr<float>() + a * stride;
    const auto statistics =
        weigh_row(EverySecondPositive(), whole.row(a, d), {.margin = margin}, false, 2, weights.data());
    std::vector<float> expected(static_cast<size_t>(stride), 0.0f);
    int64_t triplets = 0, violating = 0, rank = 0;
    double loss = 0;
    for (int64_t p = a % 3; p < 120; p += 3) {
      if (p == a) continue;
      const bool chosen = rank++ % 2 == 1;
      for (int64_t n = 0; n < 120; ++n) {
        if (n % 3 == a % 3 || !(d[n] < d[p] + margin)) continue;
        ++violating;
        if (!chosen) continue;
        ++triplets;
        loss += static_cast<double>(d[p] + margin) - d[n];
        expected[static_cast<size_t>(p)] += 1;
        expected[static_cast<size_t>(n)] -= 1;
      }
    }
    ASSERT_EQ(weights, expected);
    ASSERT_EQ(statistics.selected, triplets);
    ASSERT_EQ(statistics.violating, violating);
    ASSERT_NEAR(statistics.sum_loss, loss, 1e-9 * (1 + loss));
    int64_t counted = 0;
    for (const int64_t count : statistics.to_negative.counts) counted += count;
    ASSERT_EQ(counted, triplets);
  }
}

TEST(FusedTripletLoss, NamesHowManyEmbeddingsAreNotFinite) {
  TestingPool pool = random_pool(6, 12, 4);
  pool.embeddings[3][0] = std::numeric_limits<float>::infinity();
  EXPECT_THROW(fused(pool, Strategy::kBatchAll, {}, {}), Failure);
}

}  // namespace
}  // namespace massface
