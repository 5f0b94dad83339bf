#include "core/memory.h"

#include <malloc.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <initializer_list>
#include <limits>
#include <string>

namespace massface {
namespace {

// Returns the number of kilobytes after `name` ("MemAvailable:   16336816 kB") in bytes, or 0 if it cannot be read.
int64_t kilobytes_of(const char* path, std::string_view name) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(name)) return std::stoll(line.substr(name.size())) * 1024;
  }
  return 0;
}

int64_t available_to_the_machine() { return kilobytes_of("/proc/meminfo", "MemAvailable:"); }

}  // namespace

// Does not use getrusage's ru_maxrss, which is at least the peak of the process that started this one.
int64_t peak_memory_bytes() { return kilobytes_of("/proc/self/status", "VmHWM:"); }

int64_t page_faults() {
  struct rusage usage {};
  ::getrusage(RUSAGE_SELF, &usage);
  return usage.ru_minflt + usage.ru_majflt;
}

void keep_freed_memory() {
#if defined(__GLIBC__)
  constexpr int kTopPadBytes = 64 << 20;
  const auto set = [](int parameter, int value, std::initializer_list<const char*> overrides) {
    const auto is_set = [](const char* name) { return std::getenv(name) != nullptr; };
    if (std::ranges::none_of(overrides, is_set)) ::mallopt(parameter, value);
  };
  // A block from mmap is zeroed and faulted in at every allocation. glibc's threshold for it ends at 32 MB, less than
  // one activation, so blocks from mmap are ruled out altogether.
  set(M_MMAP_MAX, 0, {"MALLOC_MMAP_MAX_", "MALLOC_MMAP_THRESHOLD_"});
  set(M_TRIM_THRESHOLD, std::numeric_limits<int>::max(), {"MALLOC_TRIM_THRESHOLD_"});
  set(M_TOP_PAD, kTopPadBytes, {"MALLOC_TOP_PAD_"});
#endif
}

int64_t memory_limit_bytes(const std::filesystem::path& control_group) {
  // v1 expresses "no limit" as a number near 2^63.
  constexpr int64_t kNone = int64_t{1} << 60;
  for (const char* name : {"memory.max", "memory/memory.limit_in_bytes"}) {
    int64_t limit = 0;
    if (std::ifstream file(control_group / name); file >> limit && limit > 0) return limit < kNone ? limit : 0;
  }
  return 0;
}

int64_t available_memory_bytes() {
  const int64_t machine = available_to_the_machine(), container = memory_limit_bytes("/sys/fs/cgroup");
  return machine > 0 && container > 0 ? std::min(machine, container) : std::max(machine, container);
}

}  // namespace massface
