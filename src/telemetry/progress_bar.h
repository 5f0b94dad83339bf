#pragma once

#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>

#include "telemetry/step_report.h"

namespace massface {

// Where progress is written.
struct ProgressOutput {
  bool redraw = false;           // true for a terminal whose last line can be drawn over
  std::function<int()> columns;  // returns the terminal's current width; only called if redraw is set
  std::function<void(std::string_view)> write;
};

// Returns standard error, with redraw set if it is a terminal, TERM is not "dumb" and CI is not set. Nothing is ever
// coloured, so NO_COLOR is respected.
ProgressOutput standard_error_progress();

// "0:07", "12:34", "1:02:03".
std::string duration_text(double seconds);

// Shows "softmax  120/2070 [=>        ]  loss 6.1234  37.2 images/s  52:25 left". On a terminal, this is one line that
// is redrawn at most 10 times a second, fitted to the width, and wiped while a log line is written (core/log.h).
// Elsewhere, it is a line without the bar, at most every 10 s. The last step of a phase always gets its line, which
// stays. Time is taken from the reports (step_seconds), not from a clock: images/s and the time left come from the last
// 50 steps.
class ProgressBar {
 public:
  explicit ProgressBar(ProgressOutput output);
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  void show(const StepReport& report);
  // Called by core/log.h: with true before a log line, with false after it. Nothing is drawn between the two.
  void make_way(bool wipe);
  // Ends the current line, so that the terminal is on a fresh one.
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
  bool shown_ = false;  // whether anything of this phase was shown
  std::string line_;    // the text on the terminal's last line; empty: nothing
  bool log_passing_ = false;
};

}  // namespace massface
