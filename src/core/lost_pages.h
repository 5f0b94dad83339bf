#pragma once

#include <atomic>
#include <cstdint>
#include <span>

namespace massface {

// A mapped file, as the handler of SIGBUS sees it. Internal to MappedFile.
struct MappedRegion {
  std::atomic<uintptr_t> begin{0};
  std::atomic<uintptr_t> end{0};  // 0: not in use
  std::atomic<bool> lost_bytes{false};
  MappedRegion* next = nullptr;  // in the list of all regions, from which none is ever removed
};

// From now on, a page of `bytes` that the system cannot read is replaced by a page of zeros, and lost_bytes is set. A
// SIGBUS anywhere else does what it did before. Thread-safe.
MappedRegion* watch_for_lost_pages(std::span<const uint8_t> bytes);
// Ends this; to be called before the bytes are unmapped.
void stop_watching(MappedRegion* region);

}  // namespace massface
