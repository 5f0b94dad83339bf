#include "cli/progress_lines.h"

#include <memory>

#include "core/error.h"
#include "core/log.h"
#include "core/stop_signal.h"

namespace massface {

std::function<void(int64_t, int64_t)> stoppable_progress(const Stopwatch& watch, const std::string& outcome) {
  const auto stop = std::make_shared<const StopSignal>();
  return [&watch, stop, outcome, next = 5.0](int64_t done, int64_t total) mutable {
    // All done: what is left takes a moment.
    if (stop->received() != 0 && done < total) {
      throw Failure(fmt::format("stopped by a signal after {} of {} images; {}", done, total, outcome));
    }
    const double seconds = watch.seconds();
    if (seconds < next || done == 0 || done == total) return;
    next = seconds + 5;
    log_info("{} of {} images, {:.0f} s left", done, total,
             seconds / static_cast<double>(done) * static_cast<double>(total - done));
  };
}

}  // namespace massface
