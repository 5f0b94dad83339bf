#include "kernels/precision.h"

#include <gtest/gtest.h>

#include "kernels/testing_targets.h"

namespace massface {
namespace {

const at::Device kCpu(at::kCPU), kGpu(at::kCUDA, 0);

TEST(Precision, AutoIsBf16WhereverThatIsFasterButTrainingOnACpuStaysInFp32) {
  for (const Bfloat16Kernels* kernels : {&kEmulatedTileKernels, static_cast<const Bfloat16Kernels*>(nullptr)}) {
    const WithBfloat16Kernels with(kernels);
    EXPECT_FALSE(trains_in_bf16("auto", kCpu));
    EXPECT_TRUE(trains_in_bf16("bf16", kCpu));
    EXPECT_EQ(infers_in_bf16("auto", kCpu), kernels != nullptr);
    EXPECT_EQ(infers_in_bf16("bf16", kCpu), kernels != nullptr);
    for (const auto chooses : {trains_in_bf16, infers_in_bf16}) {
      EXPECT_TRUE(chooses("auto", kGpu));
      EXPECT_FALSE(chooses("fp32", kCpu));
      EXPECT_FALSE(chooses("fp32", kGpu));
    }
  }
}

TEST(Precision, SaysHowACpuMultipliesBfloat16) {
  const WithBfloat16Kernels with(&kEmulatedTileKernels);
  EXPECT_EQ(describe_precision(true, kCpu), "bf16 (emulated AMX tiles)");
  EXPECT_EQ(describe_precision(true, kGpu), "bf16");
  EXPECT_EQ(describe_precision(false, kCpu), "fp32");
}

}  // namespace
}  // namespace massface
