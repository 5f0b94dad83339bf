#pragma once

#include <fmt/format.h>

#include <functional>
#include <string>
#include <string_view>

namespace massface {

enum class LogLevel { kInfo, kWarning, kError };

// Writes one line to standard error. Standard output is reserved for results.
void log_line(LogLevel level, std::string_view line);

template <typename... Args>
void log_info(fmt::format_string<Args...> format, Args&&... args) {
  log_line(LogLevel::kInfo, fmt::format(format, std::forward<Args>(args)...));
}

template <typename... Args>
void log_warning(fmt::format_string<Args...> format, Args&&... args) {
  log_line(LogLevel::kWarning, fmt::format(format, std::forward<Args>(args)...));
}

// Writes log lines to this file (a run's log.txt) in addition to standard error, until called with an empty path.
// Throws Error if the file cannot be opened.
void log_also_to(const std::string& path);

// From now on, only errors are written, and each begins with this text: for a process whose twin writes the rest.
void log_only_errors(const std::string& prefix);

// Registers something that occupies the terminal's last line, such as a progress bar: `redraw` is called with true
// before a log line is printed, to wipe it, and with false afterwards, to draw it again. An empty function unregisters
// it.
void set_log_status_line(std::function<void(bool wipe)> redraw);

}  // namespace massface
