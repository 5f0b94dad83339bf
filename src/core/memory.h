#pragma once

#include <cstdint>
#include <filesystem>

namespace massface {

// The most memory this process has ever held at once (resident, VmHWM), in bytes.
int64_t peak_memory_bytes();

// How often this process has found a page of its memory missing so far, whether it had to be read or only mapped
// (getrusage).
int64_t page_faults();

// Makes the C library keep freed memory of any block size (up to 2 GB at the end of the heap) for the next allocation
// instead of returning it to the kernel. A training step allocates and frees the same blocks again and again, and
// faulting their pages in anew costs more than a quarter of it. Applies to the whole process; call it before the first
// large allocation. A parameter that a MALLOC_ environment variable sets keeps that value.
void keep_freed_memory();

// The memory limit of a control group's folder in bytes (v2 memory.max, v1 memory/memory.limit_in_bytes), or 0 where it
// has none.
int64_t memory_limit_bytes(const std::filesystem::path& control_group);

// What may still be allocated before the machine swaps or kills: the smaller of what the kernel calls available and the
// container's whole limit. 0 where neither is known.
int64_t available_memory_bytes();

}  // namespace massface
