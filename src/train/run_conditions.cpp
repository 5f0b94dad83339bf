#include "train/run_conditions.h"

#include <fmt/ranges.h>

#include <vector>

#include "core/error.h"
#include "core/log.h"

namespace massface {
namespace {

using Conditions = std::map<std::string, std::string>;

// Checkpoints that do not say it are older than trainings of several processes.
std::string processes_of(const Conditions& conditions) {
  const auto processes = conditions.find("processes");
  return processes == conditions.end() ? "1" : processes->second;
}

std::string in_words(const Conditions& conditions) {
  const auto threads = conditions.find("threads");
  return fmt::format("{} processes{}", processes_of(conditions),
                     threads == conditions.end() ? "" : fmt::format(" of {} threads", threads->second));
}

// Returns whether another number of processes continues, after saying what that means.
bool is_another_size(const Conditions& before, const Conditions& now) {
  if (processes_of(before) == processes_of(now)) return false;
  log_warning(
      "the checkpoint was written by {}, and {} continue: the training is the same to rounding, not bit for bit",
      in_words(before), in_words(now));
  return true;
}

}  // namespace

void require_same_conditions(const std::map<std::string, std::string>& before,
                             const std::map<std::string, std::string>& now, bool allow_inexact) {
  std::vector<std::string> differences;
  const bool another_size = is_another_size(before, now);
  for (const auto& [name, value] : now) {
    if (name == "processes" || (another_size && name == "threads")) continue;
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
