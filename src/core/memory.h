#pragma once

#include <cstdint>
#include <filesystem>

namespace massface {

// The peak resident memory of this process (VmHWM), in bytes.
int64_t peak_memory_bytes();

// The number of page faults of this process so far, both those that read from disk and those that only mapped a page
// (getrusage).
int64_t page_faults();

// Makes the C library keep freed memory of any block size (up to 2 GB at the end of the heap) for the next allocation
// instead of returning it to the kernel. A training step allocates and frees the same blocks again and again, and
// faulting their pages in anew costs more than a quarter of it. Applies to the whole process; call it before the first
// large allocation. A parameter that a MALLOC_ environment variable sets keeps that value.
void keep_freed_memory();

// The memory limit of a control group's folder in bytes (v2 memory.max, v1 memory/memory.limit_in_bytes), or 0 if it
// has none.
int64_t memory_limit_bytes(const std::filesystem::path& control_group);

// The number of bytes that can still be allocated before the machine swaps or kills processes: the smaller of the
// memory that the kernel reports as available and the container's whole limit. 0 if neither is known.
int64_t available_memory_bytes();

}  // namespace massface
