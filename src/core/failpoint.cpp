#include "core/failpoint.h"

#include <fnmatch.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <string>

#include "core/error.h"

namespace massface {
namespace {

struct Plan {
  std::string name;
  std::string pattern;  // of paths; empty: every path
  std::string action;   // kill, stop, interrupt, terminate, hangup, warn or full
  int64_t pass = 0;     // the pass on which to act; 0: every pass
};

// Returns 0 if the action is not a signal.
int signal_of(const std::string& action) {
  if (action == "kill") return SIGKILL;
  if (action == "stop") return SIGSTOP;
  if (action == "interrupt") return SIGINT;
  if (action == "terminate") return SIGTERM;
  if (action == "hangup") return SIGHUP;
  if (action == "warn") return SIGUSR1;
  return 0;
}

bool is_meant_for_this_process() {
  const char *rank = std::getenv("MASSFACE_FAILPOINT_RANK"), *own = std::getenv("MASSFACE_RANK");
  return rank == nullptr || (own != nullptr && std::string(rank) == own);
}

const Plan* plan_from_environment() {
  const char* text = std::getenv("MASSFACE_FAILPOINT");
  if (text == nullptr || *text == '\0' || !is_meant_for_this_process()) return nullptr;
  static Plan plan;
  const std::string whole = text;
  const auto first = whole.find(':');
  require(first != std::string::npos,
          "MASSFACE_FAILPOINT is '{}'; expected NAME[@PATTERN]:kill|stop|interrupt|terminate|hangup|warn|full[:PASS]",
          whole);
  const auto second = whole.find(':', first + 1);
  const std::string place = whole.substr(0, first);
  plan.name = place.substr(0, place.find('@'));
  if (plan.name.size() < place.size()) plan.pattern = place.substr(plan.name.size() + 1);
  plan.action = whole.substr(first + 1, second == std::string::npos ? second : second - first - 1);
  if (second != std::string::npos) plan.pass = std::atoll(whole.c_str() + second + 1);
  require(plan.action == "full" || signal_of(plan.action) != 0, "MASSFACE_FAILPOINT: unknown action '{}'", plan.action);
  return &plan;
}

const Plan* plan() {
  static const Plan* const plan = plan_from_environment();
  return plan;
}

void pass(const Plan& plan) {
  static std::atomic<int64_t> passes{0};
  const int64_t pass = ++passes;
  if (plan.pass != 0 && pass != plan.pass) return;
  if (const int signal = signal_of(plan.action); signal != 0) {
    std::raise(signal);
    return;
  }
  throw Failure(fmt::format("{}: No space left on device (failpoint)", plan.name));
}

}  // namespace

bool failpoint_is_set(std::string_view name) { return plan() != nullptr && plan()->name == name; }

void failpoint(std::string_view name) {
  if (failpoint_is_set(name)) pass(*plan());
}

void failpoint(std::string_view name, const std::filesystem::path& path) {
  if (!failpoint_is_set(name)) return;
  if (plan()->pattern.empty() || ::fnmatch(plan()->pattern.c_str(), path.c_str(), 0) == 0) pass(*plan());
}

}  // namespace massface
