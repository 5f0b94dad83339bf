#include "core/log.h"

#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <cstdlib>
#include <mutex>
#include <optional>

#include "core/error.h"

namespace massface {
namespace {

std::mutex mutex;
std::function<void(bool)> status_line;  // guarded by mutex, like the prefix
std::optional<std::string> prefix_of_errors;

spdlog::logger& logger() {
  static const auto instance = [] {
    auto sink = std::make_shared<spdlog::sinks::stderr_color_sink_mt>();
    // https://no-color.org
    const char* no_color = std::getenv("NO_COLOR");
    if (no_color != nullptr && *no_color != '\0') sink->set_color_mode(spdlog::color_mode::never);
    auto created = std::make_shared<spdlog::logger>("massface", sink);
    created->set_pattern("%^%v%$");
    created->flush_on(spdlog::level::trace);
    return created;
  }();
  return *instance;
}

}  // namespace

void log_line(LogLevel level, std::string_view line) {
  std::lock_guard lock(mutex);
  if (prefix_of_errors) {
    if (level == LogLevel::kError) logger().error("{}error: {}", *prefix_of_errors, line);
    return;
  }
  if (status_line) status_line(true);
  switch (level) {
    case LogLevel::kInfo:
      logger().info("{}", line);
      break;
    case LogLevel::kWarning:
      logger().warn("warning: {}", line);
      break;
    case LogLevel::kError:
      logger().error("error: {}", line);
      break;
  }
  if (status_line) status_line(false);
}

void log_also_to(const std::string& path) {
  std::lock_guard lock(mutex);
  auto& sinks = logger().sinks();
  sinks.resize(1);
  if (path.empty()) return;
  try {
    auto file = std::make_shared<spdlog::sinks::basic_file_sink_mt>(path);
    file->set_pattern("%Y-%m-%d %H:%M:%S %v");
    sinks.push_back(file);
  } catch (const spdlog::spdlog_ex& exception) {
    fail("cannot write the log: {}", exception.what());
  }
}

void log_only_errors(const std::string& prefix) {
  std::lock_guard lock(mutex);
  prefix_of_errors = prefix;
}

void set_log_status_line(std::function<void(bool)> redraw) {
  std::lock_guard lock(mutex);
  status_line = std::move(redraw);
}

}  // namespace massface
