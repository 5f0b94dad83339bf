#include "core/memory.h"

#include "core/testing_folder.h"

namespace massface {
namespace {

struct MemoryLimit : TestingFolder {};

TEST_F(MemoryLimit, IsTheControlGroups) {
  write("v2/memory.max", "2147483648\n");
  EXPECT_EQ(memory_limit_bytes(path("v2")), int64_t{1} << 31);
  write("v1/memory/memory.limit_in_bytes", "1073741824\n");
  EXPECT_EQ(memory_limit_bytes(path("v1")), int64_t{1} << 30);
}

TEST_F(MemoryLimit, IsNoneWhereNothingLimits) {
  write("free/memory.max", "max\n");
  EXPECT_EQ(memory_limit_bytes(path("free")), 0);
  write("free1/memory/memory.limit_in_bytes", "9223372036854771712\n");
  EXPECT_EQ(memory_limit_bytes(path("free1")), 0);
  EXPECT_EQ(memory_limit_bytes(path("missing")), 0);
  EXPECT_GT(available_memory_bytes(), 1'000'000);
}

}  // namespace
}  // namespace massface
