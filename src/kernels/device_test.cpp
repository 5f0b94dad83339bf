#include "kernels/device.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <torch/torch.h>

#include <thread>

#include "core/error.h"
#include "core/memory.h"
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

TEST(Device, MoreThreadsThanCoresAreWarnedOf) {
  testing::internal::CaptureStderr();
  set_compute_threads(available_cores() + 1);
  set_compute_threads(0);
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_NE(log.find(fmt::format("may use {} cores", available_cores())), std::string::npos) << log;
  EXPECT_THROW(set_compute_threads(1024 * available_cores()), Error);
}

TEST(Device, TheKernelPathNamesWhatResultsDependOn) {
  set_compute_threads(2);
  const std::string two = kernel_path(at::Device(at::kCPU));
  EXPECT_NE(two.find("ours " + vector_target()), std::string::npos) << two;
  EXPECT_NE(two.find("LibTorch 2."), std::string::npos) << two;
  EXPECT_EQ(kernel_path(at::Device(at::kCPU)), two);
  set_compute_threads(1);
  EXPECT_EQ(kernel_path(at::Device(at::kCPU)), two) << "the number of threads is a condition of its own";
}

// Blocks above glibc's threshold of 32 MB go to the kernel and come back as fresh, unmapped pages, unless tuned.
TEST(Device, TheTunedAllocatorKeepsTheMemoryOfLargeTensors) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "the sanitizer brings its own allocator";
#endif
  const auto faults_of = [](const auto& work) {
    rusage before{}, after{};
    getrusage(RUSAGE_THREAD, &before);
    work();
    getrusage(RUSAGE_THREAD, &after);
    return after.ru_minflt - before.ru_minflt;
  };
  constexpr int64_t kBytes = 40 << 20;
  const auto touch = [] { torch::empty({kBytes}, at::kByte).fill_(1); };
  set_compute_threads(1);
  keep_freed_memory();
  // glibc cuts an aligned block out of a larger one and keeps the first few cuttings (seven of a size) apart, so that
  // the blocks beside them do not fit the same request again.
  for (int i = 0; i < 32; ++i) touch();
  EXPECT_LT(faults_of(touch), 1000);  // of 10,240 pages
  // glibc's arenas of other threads end at 64 MB; larger blocks have to come from elsewhere.
  std::thread([&] {
    touch();
    touch();
    torch::empty({100 << 20}, at::kByte).fill_(1);
  }).join();
}

TEST(Device, ATensorThatIsThereStaysThere) {
  const Tensor tensor = torch::ones({2});
  EXPECT_TRUE(to_device(tensor, at::Device(at::kCPU)).is_same(tensor));
}

}  // namespace
}  // namespace massface
