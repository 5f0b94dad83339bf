#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "kernels/cuda_hooks.h"
#include "loss/fused_triplet_loss.h"
#include "mining/testing_pools.h"

namespace massface {
namespace {

class FusedTripletLossOnAGpu : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    if (cuda_hooks::num_devices() == 0) GTEST_SKIP() << "needs a GPU and a build with CUDA";
  }
};

INSTANTIATE_TEST_SUITE_P(FusedTripletLoss, FusedTripletLossOnAGpu, testing::ValuesIn(strategy_names()),
                         [](const auto& info) { return info.param; });

TEST_P(FusedTripletLossOnAGpu, SelectsAndWeighsAsOnTheCpu) {
  for (uint64_t seed = 0; seed < 40; ++seed) {
    const TestingPool pool = random_pool(seed, static_cast<int64_t>(2 + 7 * seed), 5);
    const SelectionRule rule{.margin = seed % 3 == 0 ? 0.0f : 0.35f, .seed = seed, .step = 1};
    const TripletLossOptions options{.margin = rule.margin, .soft_margin = seed % 5 == 4};
    const auto run = [&](at::Device device) {
      const Tensor x = pool.embeddings.to(device).requires_grad_(true);
      const auto output = fused_triplet_loss(x, pool.labels.to(device), parse_strategy(GetParam()), rule, options);
      output.loss.backward();
      return std::pair(output, x.grad().cpu());
    };
    const auto [cpu, cpu_gradient] = run(at::kCPU);
    const auto [gpu, gpu_gradient] = run(at::kCUDA);
    EXPECT_EQ(gpu.statistics.read().selected, cpu.statistics.read().selected) << seed;
    EXPECT_EQ(gpu.statistics.read().active, cpu.statistics.read().active) << seed;
    EXPECT_EQ(gpu.statistics.read().violating, cpu.statistics.read().violating) << seed;
    EXPECT_EQ(gpu.statistics.read().to_positive.counts, cpu.statistics.read().to_positive.counts) << seed;
    EXPECT_EQ(gpu.statistics.read().to_negative.counts, cpu.statistics.read().to_negative.counts) << seed;
    EXPECT_NEAR(gpu.loss.item<double>(), cpu.loss.item<double>(), 1e-5) << seed;
    EXPECT_LT((gpu_gradient - cpu_gradient).abs().max().item<double>(), 1e-5) << seed;
  }
}

TEST_P(FusedTripletLossOnAGpu, IsNaNWhereAnEmbeddingIsNotFinite) {
  const TestingPool pool = random_pool(1, 12, 5);
  const Tensor x = pool.embeddings.cuda();
  x[3][2] = std::numeric_limits<float>::infinity();
  x.requires_grad_(true);
  const auto output =
      fused_triplet_loss(x, pool.labels.cuda(), parse_strategy(GetParam()), {.margin = 0.3f}, {.margin = 0.3});
  output.loss.backward();
  EXPECT_TRUE(std::isnan(output.loss.item<double>()));
  EXPECT_FALSE(x.grad().isfinite().all().item<bool>());
}

}  // namespace
}  // namespace massface
