#include "cli/progress_lines.h"

#include <algorithm>
#include <memory>

#include "core/error.h"
#include "core/log.h"
#include "core/stop_signal.h"

namespace massface {

Progress progress_lines(const Stopwatch& watch, const std::string& noun) {
  return [&watch, noun, next = 5.0, before = int64_t{-1}, begun = 0.0](int64_t done, int64_t total) mutable {
    const double seconds = watch.seconds();
    if (before < 0) {  // work may come in parts of any size, so that the first call counts from its own time
      before = done;
      begun = seconds;
    }
    if (seconds < next || done == before || done == total) return;
    next = seconds + 5;
    const double rate = static_cast<double>(done - before) / (seconds - begun);
    log_info("{} of {} {}, {:.1f} per second, {:.0f} s left", done, total, noun, rate,
             static_cast<double>(total - done) / rate);
  };
}

Progress stoppable_progress(const Stopwatch& watch, const std::string& outcome) {
  const auto stop = std::make_shared<const StopSignal>();
  return [lines = progress_lines(watch, "images"), stop, outcome](int64_t done, int64_t total) {
    // If all images are done, the rest takes only a moment.
    if (stop->received() != 0 && done < total) {
      throw Failure(fmt::format("stopped by a signal after {} of {} images; {}", done, total, outcome));
    }
    lines(done, total);
  };
}

}  // namespace massface
