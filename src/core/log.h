#pragma once

#include <fmt/format.h>

#include <functional>
#include <string>
#include <string_view>

namespace massface {

enum class LogLevel { kInfo, kWarning, kError };

// One line to standard error. Standard output is for results alone.
void log_line(LogLevel level, std::string_view line);

template <typename... Args>
void log_info(fmt::format_string<Args...> format, Args&&... args) {
  log_line(LogLevel::kInfo, fmt::format(format, std::forward<Args>(args)...));
}

template <typename... Args>
void log_warning(fmt::format_string<Args...> format, Args&&... args) {
  log_line(LogLevel::kWarning, fmt::format(format, std::forward<Args>(args)...));
}

// Besides standard error, lines go to this file (a run's log.txt) until it is closed with an empty path.
void log_also_to(const std::string& path);

// Something that occupies the terminal's last line (a progress bar) registers here: it is called with true before a
// log line is printed, to wipe itself, and with false after, to draw itself again. An empty function ends it.
void set_log_status_line(std::function<void(bool wipe)> redraw);

}  // namespace massface
