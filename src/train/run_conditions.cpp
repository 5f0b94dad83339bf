#include "train/run_conditions.h"

#include <fmt/ranges.h>

#include <vector>

#include "core/error.h"
#include "core/log.h"

namespace massface {

void require_same_conditions(const std::map<std::string, std::string>& before,
                             const std::map<std::string, std::string>& now, bool allow_inexact) {
  std::vector<std::string> differences;
  for (const auto& [name, value] : now) {
    const auto old = before.find(name);
    const std::string was = old == before.end() ? "unknown" : old->second;
    if (was != value) differences.push_back(fmt::format("{}: {} when it was written, {} now", name, was, value));
  }
  if (differences.empty()) return;
  const std::string list = fmt::format("{}", fmt::join(differences, "\n  "));
  // The only condition that the user can restore by an option, if it is the only one that differs.
  const auto threads = before.find("threads");
  const bool only_threads = differences.size() == 1 && threads != before.end() && now.contains("threads") &&
                            now.at("threads") != threads->second;
  require(allow_inexact, "the checkpoint cannot be continued bit-exactly:\n  {}\nPass {}--allow-inexact-resume to {}",
          list, only_threads ? fmt::format("threads={} to continue bit-exactly, or ", threads->second) : "",
          only_threads ? "continue with another number of threads" : "continue all the same");
  log_warning("continuing, but not bit-exactly:\n  {}", list);
}

}  // namespace massface
