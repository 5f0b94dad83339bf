#pragma once

#include <cstdint>

namespace massface {

// The most memory this process has ever held at once (resident, VmHWM), in bytes.
int64_t peak_memory_bytes();

}  // namespace massface
