#pragma once

#include <cstdint>

namespace massface {

// What `threads` threads move between the memory and themselves, in bytes per second: STREAM's triad (McCalpin, 1995),
// a = b + s c over arrays that no cache holds (384 MB in all), a written past the caches so that it is not read first.
// A layer that reads and writes more than the caches hold cannot pass it. Takes about `seconds` and the making of
// the arrays; the best of several passes, because a limit is what the machine can do when nothing disturbs it.
double measure_memory_bandwidth(int64_t threads, double seconds = 0.5);

}  // namespace massface
