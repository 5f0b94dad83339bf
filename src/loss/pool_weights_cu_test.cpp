#include <fmt/format.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>
#include <string>
#include <vector>

#include "kernels/testing_device_memory.h"
#include "loss/fused_triplet_loss.h"
#include "loss/pool_gradient.h"
#include "loss/pool_order.h"
#include "loss/row_weights.h"
#include "loss/testing_pool_weights_cu.h"
#include "mining/testing_pools.h"

namespace massface {
namespace {

template <class T>
std::vector<T> list_of(const Tensor& tensor) {
  const T* from = tensor.const_data_ptr<T>();
  return std::vector<T>(from, from + tensor.numel());
}

// A pool in the memory of the testing device, with room for what the kernels compute.
struct PoolOnTestingDevice {
  explicit PoolOnTestingDevice(const TestingPool& pool) : PoolOnTestingDevice(pool, pool_order(pool.labels)) {}
  PoolOnTestingDevice(const TestingPool& pool, const PoolOrder& grouped)
      : size(pool.labels.size(0)),
        dimensions(pool.embeddings.size(1)),
        points("points", list_of<float>(pool.embeddings)),
        labels("labels", list_of<int64_t>(grouped.labels)),
        order("order", list_of<int64_t>(grouped.order)),
        first("first", list_of<int64_t>(grouped.first)),
        last("last", list_of<int64_t>(grouped.last)),
        squares("squares", Unwritten{size}),
        distances("distances", Unwritten{size * size}),
        weights("weights", std::vector<float>(static_cast<size_t>(size * size))),
        sums("sums", Unwritten{size * kNumRowSums}),
        histograms("histograms", std::vector<unsigned long long>(2 * DistanceHistogram::kBins)) {
    pool_distances_on_testing_device(view(), squares.data(), distances.data(), nullptr);
  }

  DevicePool view() const {
    return {points.data(), labels.data(), order.data(), first.data(), last.data(), size, dimensions};
  }
  void weigh(Strategy strategy, const SelectionRule& rule, bool soft_margin) {
    const TestingArray<const float> only_read("distances", distances.values());
    pool_weights_on_testing_device(view(), only_read.data(), strategy, rule, soft_margin, weights.data(), sums.data(),
                                   histograms.data(), nullptr);
  }

  int64_t size, dimensions;
  TestingArray<const float> points;
  TestingArray<const int64_t> labels, order, first, last;
  TestingArray<float> squares, distances, weights;
  TestingArray<double> sums;
  TestingArray<unsigned long long> histograms;
};

// Points around one centre, all nearer to each other than kNear: their differences are summed instead.
TestingPool collapsed_pool(uint64_t seed, int64_t size, int64_t dimensions) {
  TestingPool pool = random_pool(seed, size, dimensions);
  pool.embeddings = pool.embeddings.slice(0, 0, 1) + 1e-4 * pool.embeddings;
  return pool;
}

void expect_distances_of_the_cpu(const TestingPool& pool) {
  const PoolOnTestingDevice device(pool);
  const Tensor expected = matrix_of(Pool(pool.embeddings, pool.labels));
  EXPECT_EQ(device.distances.values(), list_of<float>(expected)) << pool.embeddings.sizes();
}

TEST(PoolDistancesKernel, EqualsTheCpuBitForBitForRandomShapes) {
  Random random(17, RandomStream::kSyntheticImage);
  for (uint64_t seed = 0; seed < 8; ++seed) {
    // Tiles have 64 rows and columns, and 16 dimensions at once.
    const auto size = static_cast<int64_t>(1 + random.below(140)),
               dimensions = static_cast<int64_t>(1 + random.below(40));
    expect_distances_of_the_cpu(random_pool(seed, size, dimensions));
    expect_distances_of_the_cpu(collapsed_pool(seed, size, dimensions));
    expect_distances_of_the_cpu(exact_pool(seed, size));
  }
  expect_distances_of_the_cpu(random_pool(1, 128, 64));
  expect_distances_of_the_cpu(random_pool(1, 1, 1));
}

struct WeighedOnCpu {
  std::vector<float> weights;
  std::vector<TripletStatistics> of_row;
  TripletStatistics total;
};

WeighedOnCpu weigh_on_cpu(const TestingPool& pool, Strategy strategy, const SelectionRule& rule, bool soft_margin) {
  const Pool on_cpu(pool.embeddings, pool.labels);
  const int64_t stride = on_cpu.distances().stride();
  std::vector<float> matrix(static_cast<size_t>(on_cpu.size() * stride)), row(static_cast<size_t>(stride));
  on_cpu.distances().compute_matrix(matrix.data());
  WeighedOnCpu result;
  for (int64_t i = 0; i < on_cpu.size(); ++i) {
    result.of_row.push_back(
        RowWeights(strategy, rule, soft_margin).weigh(on_cpu.row(i, matrix.data() + i * stride), row.data()));
    result.weights.insert(result.weights.end(), row.begin(), row.begin() + on_cpu.size());
    result.total.add(result.of_row.back());
  }
  return result;
}

// Sums of a row are added by 32 lanes instead of one after another: a few units of the last place of a double.
void expect_sums(const double* sums, const TripletStatistics& expected) {
  const auto near = [](double value, double other) { EXPECT_NEAR(value, other, 1e-12 * (1 + std::abs(other))); };
  EXPECT_EQ(sums[kSelected], static_cast<double>(expected.selected));
  EXPECT_EQ(sums[kActive], static_cast<double>(expected.active));
  EXPECT_EQ(sums[kValid], static_cast<double>(expected.valid));
  EXPECT_EQ(sums[kViolating], static_cast<double>(expected.violating));
  near(sums[kLoss], expected.sum_loss);
  near(sums[kToPositive], expected.sum_to_positive);
  near(sums[kToNegative], expected.sum_to_negative);
  near(sums[kOfPool], expected.sum_of_pool);
}

void expect_weights_of_the_cpu(const TestingPool& pool, Strategy strategy, const SelectionRule& rule,
                               bool soft_margin) {
  const WeighedOnCpu expected = weigh_on_cpu(pool, strategy, rule, soft_margin);
  PoolOnTestingDevice device(pool);
  device.weigh(strategy, rule, soft_margin);
  const std::vector<float> weights = device.weights.values();
  // Whole numbers with the hinge. With a soft margin, many sigmoids are added in another order.
  for (size_t i = 0; i < weights.size(); ++i) {
    const float tolerance = soft_margin ? 1e-5f * (1 + std::abs(expected.weights[i])) : 0.0f;
    ASSERT_NEAR(weights[i], expected.weights[i], tolerance) << i;
  }
  const std::vector<double> sums = device.sums.values();
  for (size_t i = 0; i < expected.of_row.size(); ++i) expect_sums(&sums[i * kNumRowSums], expected.of_row[i]);
  std::vector<unsigned long long> counts;
  for (const DistanceHistogram& histogram : {expected.total.to_positive, expected.total.to_negative}) {
    counts.insert(counts.end(), histogram.counts.begin(), histogram.counts.end());
  }
  EXPECT_EQ(device.histograms.values(), counts);
}

class PoolWeightsKernel : public testing::TestWithParam<std::string> {};

INSTANTIATE_TEST_SUITE_P(EveryStrategy, PoolWeightsKernel, testing::ValuesIn(strategy_names()),
                         [](const auto& info) { return info.param; });

TEST_P(PoolWeightsKernel, SelectsAndWeighsAsTheCpuForRandomShapes) {
  Random random(19, RandomStream::kSyntheticImage);
  for (uint64_t seed = 0; seed < 8; ++seed) {
    // A block has the warps of four rows, and a warp 32 lanes for the positions of a row.
    const auto size = static_cast<int64_t>(1 + random.below(70));
    SelectionRule rule{.margin = seed % 3 == 0 ? 0.0f : 0.35f, .seed = seed, .step = 1};
    if (seed % 4 == 1) rule.positive_quantile = random.uniform(), rule.negative_quantile = random.uniform();
    SCOPED_TRACE(fmt::format("seed {}, {} points", seed, size));
    const TestingPool pool = seed % 2 == 0 ? random_pool(seed, size, 5) : exact_pool(seed, size);
    expect_weights_of_the_cpu(pool, parse_strategy(GetParam()), rule, seed % 5 == 4);
  }
}

TEST_P(PoolWeightsKernel, TakesPoolsOfOneImageAndOfOneIdentity) {
  const Strategy strategy = parse_strategy(GetParam());
  TestingPool pool = random_pool(1, 1, 3);
  expect_weights_of_the_cpu(pool, strategy, {.margin = 0.3f}, false);
  pool = random_pool(2, 37, 3);
  pool.labels.fill_(5);
  expect_weights_of_the_cpu(pool, strategy, {.margin = 0.3f}, false);
  pool.labels = torch::arange(37);
  expect_weights_of_the_cpu(pool, strategy, {.margin = 0.3f}, false);
}

// From the weights on, LibTorch's operations compute the gradient on a GPU.
TEST_P(PoolWeightsKernel, GivesTheGradientOfTheCpu) {
  const Strategy strategy = parse_strategy(GetParam());
  const TestingPool pool = random_pool(5, 41, 6);
  const Tensor x = pool.embeddings.clone().requires_grad_(true);
  fused_triplet_loss(x, pool.labels, strategy, {.margin = 0.35f}, {.margin = 0.35}).loss.backward();
  PoolOnTestingDevice device(pool);
  device.weigh(strategy, {.margin = 0.35f}, false);
  double active = 0;
  const std::vector<double> sums = device.sums.values();
  for (int64_t i = 0; i < 41; ++i) active += sums[static_cast<size_t>(i * kNumRowSums + kActive)];
  ASSERT_GT(active, 0);
  const Tensor gradient = pool_gradient(torch::tensor(device.weights.values()).reshape({41, 41}), pool.embeddings,
                                        torch::full({}, 1 / active, torch::kFloat));
  EXPECT_LT((gradient - x.grad()).abs().max().item<double>(), 1e-6);
}

TEST(PoolWeightsKernels, LeaveAnEmptyPoolAlone) {
  PoolOnTestingDevice device({torch::empty({0, 4}), torch::empty({0}, torch::kLong)});
  device.weigh(Strategy::kBatchAll, {}, false);
  EXPECT_TRUE(device.sums.values().empty());
}

}  // namespace
}  // namespace massface
