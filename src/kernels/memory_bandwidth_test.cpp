#include "kernels/memory_bandwidth.h"

#include <gtest/gtest.h>

namespace massface {
namespace {

// The speed of the machine is unknown here, but no current memory is slower than 0.1 GB/s, even next to other work, and
// none moves 10 TB/s: only a measurement that does not traverse the arrays shows so much.
TEST(MemoryBandwidth, IsWhatAMemoryCanDo) {
  for (const int64_t threads : {1, 3}) {
    const double bandwidth = measure_memory_bandwidth(threads, 0);
    EXPECT_GT(bandwidth, 0.1e9);
    EXPECT_LT(bandwidth, 10e12);
  }
}

}  // namespace
}  // namespace massface
