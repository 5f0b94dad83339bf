#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "core/stopwatch.h"

namespace massface {

using Progress = std::function<void(int64_t done, int64_t total)>;

// For work that counts images: a line every five seconds, so that short jobs are quiet ("700 of 2000 photographs, 140.0
// a second, 9 s left"). What was done before the first call does not count for the speed. noun: "images".
Progress progress_lines(const Stopwatch& watch, const std::string& noun);

// The same for images and work that, when it is stopped, leaves nothing: Failure at the first SIGINT or SIGTERM that
// comes while it lives and images are left to do ("stopped by a signal after 7 of 100 images; what was drawn is
// removed").
Progress stoppable_progress(const Stopwatch& watch, const std::string& outcome);

}  // namespace massface
