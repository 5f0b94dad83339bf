#include "core/threads.h"

#include <sched.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <string>

#include "core/error.h"

namespace massface {

double quota_cores(const std::filesystem::path& control_group) {
  std::string quota;
  double period = 0;
  if (std::ifstream file(control_group / "cpu.max"); file >> quota >> period && quota != "max" && period > 0) {
    return std::stod(quota) / period;
  }
  double quota_microseconds = 0;
  std::ifstream quota_file(control_group / "cpu/cpu.cfs_quota_us");
  std::ifstream period_file(control_group / "cpu/cpu.cfs_period_us");
  if (quota_file >> quota_microseconds && period_file >> period && quota_microseconds > 0 && period > 0) {
    return quota_microseconds / period;
  }
  return 0;
}

int64_t available_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  int64_t cores = ::sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;
  if (const double quota = quota_cores("/sys/fs/cgroup"); quota > 0)
    cores = std::min(cores, static_cast<int64_t>(std::ceil(quota)));
  return std::max<int64_t>(cores, 1);
}

int64_t resolve_threads(int64_t asked, std::string_view option) {
  constexpr int64_t kMostPerCore = 8;
  const int64_t cores = available_cores();
  require(
      asked <= kMostPerCore * cores,
      "{} is {}, but this process may use {} core{}: more than {} threads would only wait for each other. Give 0 for "
      "one per core",
      option, asked, cores, cores == 1 ? "" : "s", kMostPerCore * cores);
  return asked > 0 ? asked : cores;
}

std::string threads_in_words(int64_t threads) { return threads == 1 ? "1 thread" : fmt::format("{} threads", threads); }

}  // namespace massface
