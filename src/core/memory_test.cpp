#include "core/memory.h"

#include <sys/mman.h>
#include <unistd.h>

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

TEST(PageFaults, CountEachPageThatIsTouchedFirst) {
  const int64_t page_bytes = ::sysconf(_SC_PAGESIZE);
  constexpr int64_t kPages = 500;
  const int64_t before = page_faults();
  void* memory = ::mmap(nullptr, kPages * page_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(memory, MAP_FAILED);
  ::madvise(memory, kPages * page_bytes, MADV_NOHUGEPAGE);
  for (int64_t page = 0; page < kPages; ++page) static_cast<char*>(memory)[page * page_bytes] = 1;
  EXPECT_GE(page_faults() - before, kPages);
  ::munmap(memory, kPages * page_bytes);
}

}  // namespace
}  // namespace massface
