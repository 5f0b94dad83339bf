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
    EXPECT_EQ(infers_in_bf16("auto", kCpu, "fast"), kernels != nullptr);
    EXPECT_EQ(infers_in_bf16("bf16", kCpu, "fast"), kernels != nullptr);
    EXPECT_TRUE(trains_in_bf16("auto", kGpu));
    EXPECT_FALSE(trains_in_bf16("fp32", kCpu));
    EXPECT_FALSE(trains_in_bf16("fp32", kGpu));
    for (const std::string layers : {"fast", "reference"}) {
      EXPECT_TRUE(infers_in_bf16("auto", kGpu, layers));
      EXPECT_FALSE(infers_in_bf16("fp32", kCpu, layers));
      EXPECT_FALSE(infers_in_bf16("fp32", kGpu, layers));
    }
    EXPECT_EQ(infers_in_bf16("auto", kCpu, "reference"), kernels != nullptr);
    EXPECT_TRUE(infers_in_bf16("bf16", kCpu, "reference")) << "PyTorch's layers need no products of ours";
  }
}

TEST(Precision, SaysHowACpuMultipliesBfloat16) {
  const WithBfloat16Kernels with(&kEmulatedTileKernels);
  EXPECT_EQ(describe_precision(true, kCpu, "fast"), "bf16 (emulated AMX tiles)");
  EXPECT_EQ(describe_precision(true, kCpu, "reference"), "bf16 (PyTorch)");
  for (const std::string layers : {"fast", "reference"}) {
    EXPECT_EQ(describe_precision(true, kGpu, layers), "bf16");
    EXPECT_EQ(describe_precision(false, kCpu, layers), "fp32");
  }
}

}  // namespace
}  // namespace massface
