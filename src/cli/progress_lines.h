#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "core/stopwatch.h"

namespace massface {

// For work that counts images and, when it is stopped, leaves nothing: a line of progress every five seconds, so that
// short jobs are quiet; and Failure at the first SIGINT or SIGTERM that comes while it lives and images are left to do
// ("stopped by a signal after 7 of 100 images; what was drawn is removed").
std::function<void(int64_t done, int64_t total)> stoppable_progress(const Stopwatch& watch, const std::string& outcome);

}  // namespace massface
