#include "kernels/strips.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace massface {
namespace {

// A thread that computes for the first time starts new OpenMP threads, in which LibTorch has not set the number of
// threads yet.
TEST(Strips, EachIsVisitedOnceByThreadsThatAreNew) {
  const Strips strips = strips_of(5000);
  std::vector<std::atomic<int>> visits(strips.count());
  std::thread([&] { over_strips(strips, [&](int64_t strip, int64_t) { ++visits[strip]; }); }).join();
  for (const auto& number : visits) EXPECT_EQ(number, 1);
}

}  // namespace
}  // namespace massface
