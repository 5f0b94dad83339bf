#include "benchmark/decode.h"

#include <gtest/gtest.h>

namespace massface {
namespace {

TEST(BenchmarkDecode, MeasuresBothWaysOnEveryThread) {
  for (const int64_t threads : {1, 3}) {
    const auto result = benchmark_decode(threads, 8, 0);
    EXPECT_EQ(result.images, threads * 3 * 8);  // three turns per thread, although no time was given
    EXPECT_GT(result.images_per_second, 0);
    EXPECT_GT(result.bare_images_per_second, 0);
    // Other work on the machine can shift the fraction; only a mistaken unit can exceed these bounds.
    EXPECT_GT(result.fraction_of_bare, 0.02);
    EXPECT_LT(result.fraction_of_bare, 50);
  }
}

TEST(BenchmarkDecode, GoesOnForTheTimeItIsGiven) { EXPECT_GT(benchmark_decode(1, 1, 1).images, 3); }

}  // namespace
}  // namespace massface
