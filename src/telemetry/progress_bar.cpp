#include "telemetry/progress_bar.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdlib>

#include "core/log.h"

namespace massface {
namespace {

constexpr size_t kWindowSteps = 50;
constexpr double kRedrawSeconds = 0.1;
constexpr double kLineSeconds = 10;
constexpr int64_t kMinBarColumns = 6, kMaxBarColumns = 24;
constexpr std::string_view kWipe = "\r\x1b[K";

bool is_set(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr && *value != '\0';
}

int terminal_columns() {
  winsize size{};
  const bool known = ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return known ? size.ws_col : 80;
}

// Ignores errors: progress that cannot be shown is no reason to stop.
void write_to_standard_error(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(STDERR_FILENO, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;
    text.remove_prefix(static_cast<size_t>(written));
  }
}

std::string bar_of(int64_t step, int64_t steps, int64_t columns) {
  const int64_t filled = std::clamp<int64_t>(columns * step / std::max<int64_t>(steps, 1), 0, columns);
  std::string bar(static_cast<size_t>(filled), '=');
  if (filled < columns) bar += '>';
  bar.resize(static_cast<size_t>(columns), ' ');
  return fmt::format(" [{}]", bar);
}

// Cuts the text to at most `room` bytes, but never within a UTF-8 character.
std::string cut(std::string text, size_t room) {
  if (text.size() <= room) return text;
  while (room > 0 && (static_cast<unsigned char>(text[room]) & 0xC0) == 0x80) --room;
  text.resize(room);
  return text;
}

// What says, besides the loss, how well a phase goes, as a mean of the steps in view: the classifier's accuracy, and
// the part of the selected triplets that still violate the margin. "" if no step has either.
std::string quality_of(const std::deque<StepReport>& steps) {
  double accuracy = 0, active = 0;
  int64_t classified = 0, mined = 0;
  for (const StepReport& step : steps) {
    if (step.accuracy) accuracy += *step.accuracy, ++classified;
    if (step.triplet) active += step.triplet->active_fraction(), ++mined;
  }
  std::string text;
  if (classified > 0) text += fmt::format("  accuracy {:.1f} %", 100 * accuracy / static_cast<double>(classified));
  if (mined > 0) text += fmt::format("  active {:.0f} %", 100 * active / static_cast<double>(mined));
  return text;
}

}  // namespace

ProgressOutput standard_error_progress() {
  const char* term = std::getenv("TERM");
  const bool dumb = term == nullptr || std::string_view(term) == "dumb" || *term == '\0';
  return {.redraw = ::isatty(STDERR_FILENO) == 1 && !dumb && !is_set("CI"),
          .columns = terminal_columns,
          .write = write_to_standard_error};
}

std::string duration_text(double seconds) {
  if (!std::isfinite(seconds) || seconds < 0 || seconds > 1e9) return "?";
  const auto whole = static_cast<int64_t>(std::llround(seconds));
  if (whole < 3600) return fmt::format("{}:{:02}", whole / 60, whole % 60);
  return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
}

ProgressBar::ProgressBar(ProgressOutput output) : output_(std::move(output)) {
  if (output_.redraw) set_log_status_line([this](bool wipe) { make_way(wipe); });
}

ProgressBar::~ProgressBar() {
  if (output_.redraw) set_log_status_line({});
  finish();
}

void ProgressBar::observe(const StepReport& report) {
  if (report.phase != phase_) {
    phase_ = report.phase;
    window_.clear();
    shown_ = false;
    unshown_seconds_ = 0;
  }
  window_.push_back(report);
  if (window_.size() > kWindowSteps) window_.pop_front();
  unshown_seconds_ += report.step_seconds;
}

void ProgressBar::show(const StepReport& report) {
  const std::lock_guard lock(mutex_);
  observe(report);
  const bool last = report.step >= report.steps;
  const double every_seconds = output_.redraw ? kRedrawSeconds : kLineSeconds;
  // On a terminal the first step is shown at once; in a log the first line waits until the speed is meaningful.
  if (!last && unshown_seconds_ < every_seconds && (shown_ || !output_.redraw)) return;
  shown_ = true;
  unshown_seconds_ = 0;
  if (!output_.redraw) {
    output_.write(text_of(report, 0) + "\n");
    return;
  }
  line_ = text_of(report, output_.columns());
  if (last) {
    output_.write(fmt::format("{}{}\n", kWipe, line_));
    line_.clear();
  } else {
    draw();
  }
}

void ProgressBar::finish() {
  const std::lock_guard lock(mutex_);
  if (!line_.empty()) output_.write("\n");
  line_.clear();
}

// columns: the width to fit the line into, or 0 for a line of any length without the bar.
std::string ProgressBar::text_of(const StepReport& report, int columns) const {
  double images = 0, seconds = 0;
  for (const StepReport& step : window_) {
    images += static_cast<double>(step.images);
    seconds += step.step_seconds;
  }
  const double left = seconds / static_cast<double>(window_.size()) * static_cast<double>(report.steps - report.step);
  const std::string counter = fmt::format("{}  {}/{}", report.phase, report.step, report.steps);
  std::string text = fmt::format("  loss {:.4f}", report.loss);
  text += quality_of(window_);
  if (seconds > 0) text += fmt::format("  {:.1f} images/s", images / seconds);
  text += report.step >= report.steps ? "  done" : fmt::format("  {} left", duration_text(left));
  if (columns == 0) return counter + text;
  // The last column stays free: a terminal may wrap as soon as it is filled.
  const auto room = static_cast<int64_t>(std::max(columns - 1, 0));
  const int64_t left_for_bar =
      room - static_cast<int64_t>(counter.size() + text.size() + std::string_view(" []").size());
  const int64_t bar_columns = std::min(left_for_bar, kMaxBarColumns);
  const std::string bar = bar_columns < kMinBarColumns ? "" : bar_of(report.step, report.steps, bar_columns);
  return cut(counter + bar + text, static_cast<size_t>(room));
}

void ProgressBar::make_way(bool wipe) {
  const std::lock_guard lock(mutex_);
  log_passing_ = wipe;
  if (line_.empty()) return;
  if (wipe)
    output_.write(kWipe);
  else
    draw();
}

void ProgressBar::draw() {
  // Nothing is drawn while a log line is written; make_way draws afterwards.
  if (!log_passing_) output_.write(fmt::format("{}{}", kWipe, line_));
}

}  // namespace massface
