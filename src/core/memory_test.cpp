#include "core/memory.h"

#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <vector>

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

// A child process starts anew, however much memory its parent once held.
TEST(PeakMemory, IsThisProcessesOwn) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "the address sanitizer takes memory of its own";
#endif
  constexpr int64_t kBytes = int64_t{200} << 20;
  const std::vector<char> memory(kBytes, 1);
  EXPECT_GT(peak_memory_bytes(), kBytes);
  ::setenv("MASSFACE_PRINT_PEAK", "1", 1);
  FILE* child = ::popen("exec /proc/$PPID/exe --gtest_filter=PeakMemory.OfAChild", "r");
  ::unsetenv("MASSFACE_PRINT_PEAK");
  ASSERT_NE(child, nullptr);
  int64_t peak = 0;
  for (std::array<char, 256> line{}; std::fgets(line.data(), line.size(), child) != nullptr;) {
    std::sscanf(line.data(), "peak %" SCNd64, &peak);
  }
  ::pclose(child);
  EXPECT_GT(peak, 1'000'000);
  EXPECT_LT(peak, kBytes);
}

TEST(PeakMemory, OfAChild) {
  if (std::getenv("MASSFACE_PRINT_PEAK") != nullptr) std::printf("peak %" PRId64 "\n", peak_memory_bytes());
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
