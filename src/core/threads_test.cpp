#include "core/threads.h"

#include "core/error.h"
#include "core/testing_folder.h"

namespace massface {
namespace {

struct QuotaCores : TestingFolder {};

TEST_F(QuotaCores, AreTheQuotaOverThePeriod) {
  write("v2/cpu.max", "150000 100000\n");
  EXPECT_EQ(quota_cores(path("v2")), 1.5);
  write("v1/cpu/cpu.cfs_quota_us", "400000\n");
  write("v1/cpu/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(quota_cores(path("v1")), 4.0);
}

TEST_F(QuotaCores, AreNoneWhereNothingLimits) {
  write("free/cpu.max", "max 100000\n");
  EXPECT_EQ(quota_cores(path("free")), 0.0);
  write("free1/cpu/cpu.cfs_quota_us", "-1\n");
  write("free1/cpu/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(quota_cores(path("free1")), 0.0);
  EXPECT_EQ(quota_cores(path("missing")), 0.0);
  EXPECT_GE(available_cores(), 1);
}

TEST(ResolveThreads, TakesOneACoreForNoneAndRefusesWhatCanOnlyWait) {
  const int64_t cores = available_cores();
  EXPECT_EQ(resolve_threads(0), cores);
  EXPECT_EQ(resolve_threads(1), 1);
  EXPECT_EQ(resolve_threads(8 * cores), 8 * cores);
  const std::string message = message_of<Error>([&] { resolve_threads(8 * cores + 1, "pipeline.decode_threads"); });
  EXPECT_TRUE(message.starts_with(fmt::format("pipeline.decode_threads is {}, but this process", 8 * cores + 1)))
      << message;
}

}  // namespace
}  // namespace massface
