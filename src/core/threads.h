#pragma once

#include <cstdint>

namespace massface {

// Cores this process may use: the smaller of its affinity mask and its container's quota (cgroup v2 cpu.max, v1
// cfs_quota), at least 1. What the machine has beyond that would only make threads wait for each other.
int64_t available_cores();

}  // namespace massface
