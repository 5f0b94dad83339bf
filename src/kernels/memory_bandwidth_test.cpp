#include "kernels/memory_bandwidth.h"

#include <gtest/gtest.h>

namespace massface {
namespace {

// How fast the machine is cannot be known here. No memory that a processor of today has is slower than 0.1 GB/s even
// beside other work, and none moves 10 TB/s: that much is seen where the arrays are not gone through.
TEST(MemoryBandwidth, IsWhatAMemoryCanDo) {
  for (const int64_t threads : {1, 3}) {
    const double bandwidth = measure_memory_bandwidth(threads, 0);
    EXPECT_GT(bandwidth, 0.1e9);
    EXPECT_LT(bandwidth, 10e12);
  }
}

}  // namespace
}  // namespace massface
