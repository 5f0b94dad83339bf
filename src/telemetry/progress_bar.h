#pragma once

#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>

#include "telemetry/step_report.h"

namespace massface {

// Where progress goes.
struct ProgressOutput {
  bool redraw = false;           // a terminal whose last line can be drawn over
  std::function<int()> columns;  // its width now; only asked where redraw is set
  std::function<void(std::string_view)> write;
};

// Standard error. Redrawn where it is a terminal, TERM is not "dumb" and CI is not set. Nothing is ever coloured, so
// NO_COLOR holds.
ProgressOutput standard_error_progress();

// "0:07", "12:34", "1:02:03".
std::string duration_text(double seconds);

// "softmax  120/2070 [=>        ]  loss 6.1234  37.2 images/s  52:25 left". On a terminal one line that is drawn over,
// at most 10 times a second, fitted to the width, wiped while a log line passes (core/log.h); elsewhere a line without
// the bar, every 10 s at most. The last step of a phase always gets its line, which stays. Time is what the reports say
// (step_seconds), not a clock: images/s and the time left come from the last 50 steps.
class ProgressBar {
 public:
  explicit ProgressBar(ProgressOutput output);
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  void show(const StepReport& report);
  // What core/log.h calls: with true before a log line, with false after it. Between the two nothing is drawn.
  void make_way(bool wipe);
  // Leaves the terminal on a fresh line.
  void finish();

 private:
  void observe(const StepReport& report);
  std::string text_of(const StepReport& report, int columns) const;
  void draw();

  ProgressOutput output_;
  std::mutex mutex_;  // log lines come from any thread
  std::string phase_;
  std::deque<StepReport> window_;
  double unshown_seconds_ = 0;
  bool shown_ = false;  // anything of this phase
  std::string line_;    // on the terminal's last line; empty: nothing
  bool log_passing_ = false;
};

}  // namespace massface
