#include "core/memory.h"

#include <sys/resource.h>

#include <algorithm>
#include <fstream>
#include <string>

namespace massface {
namespace {

// Of /proc/meminfo: "MemAvailable:   16336816 kB". 0 where it cannot be read.
int64_t available_to_the_machine() {
  std::ifstream file("/proc/meminfo");
  for (std::string line; std::getline(file, line);) {
    constexpr std::string_view kName = "MemAvailable:";
    if (line.starts_with(kName)) return std::stoll(line.substr(kName.size())) * 1024;
  }
  return 0;
}

}  // namespace

int64_t peak_memory_bytes() {
  struct rusage usage {};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<int64_t>(usage.ru_maxrss) * 1024;
}

int64_t page_faults() {
  struct rusage usage {};
  ::getrusage(RUSAGE_SELF, &usage);
  return usage.ru_minflt + usage.ru_majflt;
}

int64_t memory_limit_bytes(const std::filesystem::path& control_group) {
  // v1 says "no limit" by a number near 2^63.
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
