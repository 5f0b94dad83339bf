#include "core/stop_signal.h"

#include <atomic>
#include <csignal>

namespace massface {
namespace {

// Written by the handler, read by any thread. Lock-free, as signal handlers require.
std::atomic<int> signal_received{0};
std::atomic<int> signal_agreed{0};
std::atomic<bool> counts_when_agreed{false};
static_assert(std::atomic<int>::is_always_lock_free);

constexpr int kStopSignals[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGXCPU};

bool ends_at_once_when_repeated(int signal) { return signal == SIGINT || signal == SIGTERM; }

void remember_signal(int signal) {
  signal_received = signal;
  if (!ends_at_once_when_repeated(signal)) return;
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
}

bool is_ignored(int signal) {
  struct sigaction action {};
  return sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

int signal_that_counts() { return counts_when_agreed ? signal_agreed : signal_received; }

}  // namespace

StopSignal::StopSignal(Counts counts) {
  signal_received = signal_agreed = 0;
  counts_when_agreed = counts == Counts::kWhenAgreed;
  struct sigaction action {};
  action.sa_handler = remember_signal;
  action.sa_flags = SA_RESTART;
  for (const int signal : kStopSignals) {
    if (signal == SIGHUP && is_ignored(signal)) continue;  // nohup
    sigaction(signal, &action, nullptr);
  }
}

StopSignal::~StopSignal() {
  for (const int signal : kStopSignals) {
    if (!is_ignored(signal)) std::signal(signal, SIG_DFL);
  }
  signal_received = signal_agreed = 0;
  counts_when_agreed = false;
}

int StopSignal::received() const { return signal_that_counts(); }

int pending_stop_signal() { return signal_received; }

void count_stop_signal(int signal) { signal_agreed = signal; }

bool stop_was_asked_for() { return signal_that_counts() != 0; }

ConsoleMayVanish::ConsoleMayVanish() : before_(std::signal(SIGPIPE, SIG_IGN)) {}

ConsoleMayVanish::~ConsoleMayVanish() { std::signal(SIGPIPE, before_ == SIG_ERR ? SIG_DFL : before_); }

}  // namespace massface
