#include "core/failpoint.h"

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <string>

#include "core/error.h"

namespace massface {
namespace {

struct Plan {
  std::string name;
  std::string action;  // kill, interrupt, terminate, hangup, warn or full
  int64_t pass = 0;    // the pass on which to act; 0: every pass
};

// Returns 0 if the action is not a signal.
int signal_of(const std::string& action) {
  if (action == "kill") return SIGKILL;
  if (action == "interrupt") return SIGINT;
  if (action == "terminate") return SIGTERM;
  if (action == "hangup") return SIGHUP;
  if (action == "warn") return SIGUSR1;
  return 0;
}

const Plan* plan_from_environment() {
  const char* text = std::getenv("MASSFACE_FAILPOINT");
  if (text == nullptr) return nullptr;
  static Plan plan;
  const std::string whole = text;
  const auto first = whole.find(':');
  require(first != std::string::npos,
          "MASSFACE_FAILPOINT is '{}'; expected NAME:kill|interrupt|terminate|hangup|warn|full[:PASS]", whole);
  const auto second = whole.find(':', first + 1);
  plan.name = whole.substr(0, first);
  plan.action = whole.substr(first + 1, second == std::string::npos ? second : second - first - 1);
  if (second != std::string::npos) plan.pass = std::atoll(whole.c_str() + second + 1);
  require(plan.action == "full" || signal_of(plan.action) != 0, "MASSFACE_FAILPOINT: unknown action '{}'", plan.action);
  return &plan;
}

}  // namespace

void failpoint(std::string_view name) {
  static const Plan* const plan = plan_from_environment();
  if (plan == nullptr || plan->name != name) return;
  static std::atomic<int64_t> passes{0};
  const int64_t pass = ++passes;
  if (plan->pass != 0 && pass != plan->pass) return;
  if (const int signal = signal_of(plan->action); signal != 0) {
    std::raise(signal);
    return;
  }
  throw Failure(fmt::format("{}: No space left on device (failpoint)", name));
}

}  // namespace massface
