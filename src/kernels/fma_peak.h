#pragma once

#include <cstdint>

namespace massface {

// Measures the float32 multiply-add throughput of `threads` threads, each on independent registers without touching
// memory, in 1e9 FLOP/s (a multiply-add counts as two): the limit of any matrix product. Takes about `seconds`. Returns
// the best of several stretches, because a peak is what the machine can do when nothing disturbs it.
double measure_fma_peak_gflops(int64_t threads, double seconds = 0.5);

}  // namespace massface
