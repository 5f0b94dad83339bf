#include "benchmark/speed.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include "benchmark/inference.h"
#include "benchmark/step.h"
#include "core/error.h"

namespace massface {
namespace {

// Checks relations between the figures that hold on every machine.
void expect_consistent(const SpeedBenchmark& result, double gflop_per_image, const SpeedOptions& options) {
  EXPECT_GE(result.repeats, 3);
  EXPECT_GT(result.milliseconds, 0);
  EXPECT_NEAR(result.images_per_second * result.milliseconds, 1e3 * static_cast<double>(options.batch), 1e-6);
  EXPECT_NEAR(result.gflop_per_image, gflop_per_image, 0.03 * gflop_per_image);
  EXPECT_GT(result.peak_gflops, 1);
  EXPECT_NEAR(result.fraction_of_peak * result.peak_gflops, result.gflop_per_image * result.images_per_second, 1e-6);
  EXPECT_GE(result.page_faults_per_repeat, 0);
  EXPECT_GT(result.peak_memory_bytes, 10'000'000);
  EXPECT_EQ(result.threads, options.threads);
}

TEST(SpeedBenchmark, AStepCountsThreeForwardPasses) {
  const SpeedOptions options{.batch = 2, .threads = 2, .seconds = 0};
  expect_consistent(benchmark_step(options), 1.41, options);
}

TEST(SpeedBenchmark, InferenceCountsOne) {
  const SpeedOptions options{.backbone = "mobilefacenet", .batch = 2, .threads = 1, .seconds = 0};
  expect_consistent(benchmark_inference(options), 0.44, options);
}

TEST(SpeedBenchmark, WorkIsRepeatedForAsLongAsAskedAndWarmedUpBefore) {
  int calls = 0;
  const SpeedBenchmark result = measure_speed({.batch = 1, .threads = 1, .seconds = 0}, 1e9, [&] { ++calls; });
  EXPECT_EQ(result.repeats, 3);
  EXPECT_EQ(calls, 6);
}

TEST(SpeedBenchmark, PagesThatEachRepeatTouchesFirstAreCounted) {
  const int64_t page_bytes = ::sysconf(_SC_PAGESIZE);
  constexpr int64_t kPages = 300;
  const SpeedBenchmark result = measure_speed({.batch = 1, .threads = 1, .seconds = 0}, 1e9, [&] {
    void* memory = ::mmap(nullptr, kPages * page_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ::madvise(memory, kPages * page_bytes, MADV_NOHUGEPAGE);
    for (int64_t page = 0; page < kPages; ++page) static_cast<char*>(memory)[page * page_bytes] = 1;
    ::munmap(memory, kPages * page_bytes);
  });
  EXPECT_GE(result.page_faults_per_repeat, kPages);
  EXPECT_LT(result.page_faults_per_repeat, 1.5 * kPages);
}

TEST(SpeedBenchmark, OptionsAreDescribed) {
  SpeedOptions options;
  OptionTable table;
  options.describe(table);
  table.set_from_text("batch", "8", "test");
  EXPECT_EQ(options.batch, 8);
  EXPECT_THROW(table.set_from_text("batch", "0", "test"), Error);
  EXPECT_THROW(table.set_from_text("backbone", "resnet", "test"), Error);
}

}  // namespace
}  // namespace massface
