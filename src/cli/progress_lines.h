#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "core/stopwatch.h"

namespace massface {

using Progress = std::function<void(int64_t done, int64_t total)>;

// Returns a callback that logs the progress every five seconds, so that short jobs log nothing ("700 of 2000
// photographs, 140.0 per second, 9 s left"). Work that was done before the first call does not count for the speed.
// `watch` must outlive the callback. noun: what is counted, such as "images".
Progress progress_lines(const Stopwatch& watch, const std::string& noun);

// The same for images, and for work that leaves nothing behind when it is stopped. After a SIGINT or SIGTERM during the
// callback's lifetime, the next call throws Failure, unless all images are done ("stopped by a signal after 7 of 100
// images; OUTCOME").
Progress stoppable_progress(const Stopwatch& watch, const std::string& outcome);

}  // namespace massface
