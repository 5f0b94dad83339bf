#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

namespace massface {

// The quota of a control group's folder in cores (v2 cpu.max, v1 cpu/cpu.cfs_*), or 0 where it has none.
double quota_cores(const std::filesystem::path& control_group);

// Cores this process may use: the smaller of its affinity mask and its container's quota (cgroup v2 cpu.max, v1
// cfs_quota), at least 1. What the machine has beyond that would only make threads wait for each other.
int64_t available_cores();

// What a `threads` option means: 0 is available_cores(). Some more than there are cores may be asked for, because the
// bits of a result depend on their number; throws Error, in which `option` names the option, for more than eight a
// core, which would do nothing but wait for each other.
int64_t resolve_threads(int64_t asked, std::string_view option = "threads");

}  // namespace massface
