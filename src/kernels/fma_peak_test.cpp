#include "kernels/fma_peak.h"

#include <gtest/gtest.h>

namespace massface {
namespace {

// How fast the machine is cannot be known here, but no x86-64-v3 processor does fewer than 1 GFLOP/s a core, nor more
// than 400 (two units of 16 lanes at 6 GHz are 384): a compiler that makes one of the equal chains lets it seem more.
TEST(FmaPeak, IsWhatAProcessorCanDo) {
  const double peak = measure_fma_peak_gflops(1, 0.1);
  EXPECT_GT(peak, 1.0);
  EXPECT_LT(peak, 400.0);
  EXPECT_GT(measure_fma_peak_gflops(2, 0.1), 1.0);
}

}  // namespace
}  // namespace massface
