#include "kernels/device_graph.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "kernels/cuda_hooks.h"

namespace massface {
namespace {

void expect_work_at_each_replay(at::Device device) {
  Tensor value = torch::ones({3}, device);
  const auto graph = make_device_graph(device);
  graph->capture([value]() mutable { value.mul_(2); });
  EXPECT_EQ(value.sum().item<float>(), 3);  // only recorded
  graph->replay();
  graph->replay();
  EXPECT_EQ(value.sum().item<float>(), 12);
  value.fill_(5);
  graph->replay();
  EXPECT_EQ(value.sum().item<float>(), 30);
}

TEST(DeviceGraph, DoesItsWorkAtEachReplay) { expect_work_at_each_replay(at::kCPU); }

TEST(DeviceGraphOnAGpu, DoesItsWorkAtEachReplay) {
  if (cuda_hooks::num_devices() == 0) GTEST_SKIP() << "needs a GPU and a build with CUDA";
  expect_work_at_each_replay(at::Device(at::kCUDA, 0));
}

TEST(DeviceGraphOnAGpu, SaysWhatCannotBeRecorded) {
  if (cuda_hooks::num_devices() == 0) GTEST_SKIP() << "needs a GPU and a build with CUDA";
  const Tensor value = torch::ones({3}, torch::kCUDA);
  const auto graph = make_device_graph(at::Device(at::kCUDA, 0));
  EXPECT_THROW(graph->capture([value] { value.sum().item<float>(); }), std::exception);
  EXPECT_EQ(value.sum().item<float>(), 3);  // the device still works
}

}  // namespace
}  // namespace massface
