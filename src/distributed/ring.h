#pragma once

#include <cstdint>

namespace massface {

// The cost of a collective to each process if they pass its data around a ring, as Gloo and NCCL do.
struct RingCost {
  double messages = 0;  // one after the other
  double bytes = 0;     // that the process sends in all of them
};

// A gather, in which each process has own_bytes, passes on every share but one.
inline RingCost ring_gather(int64_t processes, double own_bytes) {
  const auto others = static_cast<double>(processes - 1);
  return {.messages = others, .bytes = others * own_bytes};
}

// A sum of `bytes` passes on every part but one twice: "Bandwidth optimal all-reduce algorithms", Patarasuk and Yuan,
// J. Parallel Distrib. Comput. 69, 2009.
inline RingCost ring_sum(int64_t processes, double bytes) {
  const auto others = static_cast<double>(processes - 1);
  return {.messages = 2 * others, .bytes = 2 * others / static_cast<double>(processes) * bytes};
}

}  // namespace massface
