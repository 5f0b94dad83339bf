#pragma once

#include <cstdint>

namespace massface {

// Measures how much `threads` threads move to and from memory, in bytes per second: STREAM's triad (McCalpin, 1995), a
// = b + s c over arrays that no cache holds (384 MB in total), where writes to a bypass the caches so that it is not
// read first. A layer that reads and writes more than the caches hold cannot be faster. Takes about `seconds` plus the
// time to make the arrays. Returns the best of several passes, because a limit is what the machine can do when nothing
// disturbs it.
double measure_memory_bandwidth(int64_t threads, double seconds = 0.5);

}  // namespace massface
