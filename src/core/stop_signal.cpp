#include "core/stop_signal.h"

#include <atomic>
#include <csignal>

namespace massface {
namespace {

// Written by the handler, read by any thread. Lock-free, as signal handlers require.
std::atomic<int> signal_received{0};
static_assert(std::atomic<int>::is_always_lock_free);

// Also restores the default actions, so that a second signal of either kind ends the process.
void remember(int signal) {
  signal_received = signal;
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
}

}  // namespace

StopSignal::StopSignal() {
  signal_received = 0;
  struct sigaction action {};
  action.sa_handler = remember;
  action.sa_flags = SA_RESTART;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

StopSignal::~StopSignal() {
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
  signal_received = 0;
}

int StopSignal::received() const { return signal_received; }

bool stop_was_asked_for() { return signal_received != 0; }

}  // namespace massface
