#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace massface {

// The CPU quota of a control group's folder in cores (v2 cpu.max, v1 cpu/cpu.cfs_*), or 0 if it has none.
double quota_cores(const std::filesystem::path& control_group);

// The number of cores this process may use: the smaller of its affinity mask and its container's quota (cgroup v2
// cpu.max, v1 cfs_quota), at least 1. Threads beyond that would only wait for each other.
int64_t available_cores();

// Resolves a `threads` option: 0 means available_cores(). More threads than cores are allowed, because the bits of a
// result depend on their number. Throws Error, naming `option`, for more than eight threads per core, which would only
// wait for each other.
int64_t resolve_threads(int64_t asked, std::string_view option = "threads");

// "1 thread" or "N threads".
std::string threads_in_words(int64_t threads);

}  // namespace massface
