#include "benchmark/gpu_step.h"

#include <gtest/gtest.h>

#include "core/error.h"
#include "kernels/cuda_hooks.h"

namespace massface {
namespace {

GpuStepOptions small(const std::string& device) {
  return {.device = device,
          .precision = "fp32",
          .backbone = "mobilefacenet",
          .identities = 2,
          .images_per_identity = 2,
          .margin = 4,  // every triplet of noise images violates it
          .stored_images = 6,
          .seconds = 0};
}

TEST(GpuStepBenchmark, MeasuresAStepOnTheDeviceThatItIsGiven) {
  const GpuStepBenchmark result = benchmark_gpu_step(small("cpu"));
  EXPECT_EQ(result.images, 4);
  EXPECT_EQ(result.repeats, 3);
  EXPECT_GT(result.milliseconds, 0);
  EXPECT_GT(result.loss, 0);
  EXPECT_GT(result.mining_milliseconds, 0);
  EXPECT_LT(result.mining_milliseconds, result.milliseconds);
  EXPECT_NEAR(result.images_per_second, 4000 / result.milliseconds, 1e-6);
}

TEST(GpuStepBenchmark, SaysThatThereIsNoGpu) {
  if (cuda_hooks::num_devices() > 0) GTEST_SKIP() << "this machine has a GPU";
  EXPECT_THROW(benchmark_gpu_step(small("cuda:0")), Error);
}

}  // namespace
}  // namespace massface
