#include "kernels/fma_peak.h"

#include <gtest/gtest.h>

namespace massface {
namespace {

// The speed of the machine is unknown here, but no x86-64-v3 processor does fewer than 1 GFLOP/s per core or more than
// 400 (two units of 16 lanes at 6 GHz make 384). If the compiler merged equal chains, it would seem to do more.
TEST(FmaPeak, IsWhatAProcessorCanDo) {
  const double peak = measure_fma_peak_gflops(1, 0.1);
  EXPECT_GT(peak, 1.0);
  EXPECT_LT(peak, 400.0);
  EXPECT_GT(measure_fma_peak_gflops(2, 0.1), 1.0);
}

}  // namespace
}  // namespace massface
