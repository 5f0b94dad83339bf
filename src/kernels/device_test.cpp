#include "kernels/device.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "core/error.h"
#include "core/threads.h"
#include "kernels/dispatch.h"

namespace massface {
namespace {

std::string mistake_of(const std::string& device) {
  try {
    resolve_device(device);
    return "";
  } catch (const Error& error) {
    return error.what();
  }
}

// The test programs are linked with no_cuda.cpp.
TEST(Device, ACpuBuildTakesTheCpuForAuto) {
  EXPECT_EQ(resolve_device("cpu"), at::Device(at::kCPU));
  EXPECT_EQ(resolve_device("auto"), at::Device(at::kCPU));
}

TEST(Device, AskingACpuBuildForAGpuNamesTheSetUp) {
  EXPECT_NE(mistake_of("cuda:0").find("./run setup --cuda"), std::string::npos);
}

TEST(Device, AnotherTextIsAnErrorThatListsTheChoices) {
  for (const std::string device : {"", "gpu", "cuda", "cuda:", "cuda:x", "cuda:-1", "cuda:0x", "cuda:1000", "CPU"}) {
    EXPECT_NE(mistake_of(device).find("auto, cpu, cuda:N"), std::string::npos) << device;
  }
}

TEST(Device, ThreadsAreTheNumberAskedForOrAllThatMayBeUsed) {
  EXPECT_EQ(set_compute_threads(3), 3);
  EXPECT_EQ(at::get_num_threads(), 3);
  EXPECT_EQ(set_compute_threads(0), available_cores());
  EXPECT_EQ(at::get_num_threads(), available_cores());
}

TEST(Device, TheKernelPathNamesWhatResultsDependOn) {
  set_compute_threads(2);
  const std::string two = kernel_path(at::Device(at::kCPU));
  EXPECT_NE(two.find("2 threads"), std::string::npos) << two;
  EXPECT_NE(two.find("ours " + vector_target()), std::string::npos) << two;
  EXPECT_NE(two.find("LibTorch 2."), std::string::npos) << two;
  EXPECT_EQ(kernel_path(at::Device(at::kCPU)), two);
  set_compute_threads(1);
  EXPECT_NE(kernel_path(at::Device(at::kCPU)), two);
}

TEST(Device, ATensorThatIsThereStaysThere) {
  const Tensor tensor = torch::ones({2});
  EXPECT_TRUE(to_device(tensor, at::Device(at::kCPU)).is_same(tensor));
}

}  // namespace
}  // namespace massface
