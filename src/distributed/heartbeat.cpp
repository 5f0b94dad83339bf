#include "distributed/heartbeat.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include "core/stopwatch.h"

namespace massface {
namespace {

using StorePointer = c10::intrusive_ptr<c10d::Store>;

constexpr std::chrono::milliseconds kSlowestBeat{1000};
constexpr int64_t kBeatsInTimeout = 8;

std::string key_of(int64_t rank) { return "beats of rank " + std::to_string(rank); }
std::string missing_key_of(int64_t rank) { return "one is missing, says rank " + std::to_string(rank); }
std::string message_key_of(int64_t rank) { return "last message of rank " + std::to_string(rank); }

StorePointer connect(const Membership& membership, std::chrono::milliseconds timeout) {
  c10d::TCPStoreOptions options;
  options.port = static_cast<uint16_t>(membership.port);
  options.waitWorkers = false;
  options.timeout = timeout;
  return c10::make_intrusive<c10d::TCPStore>(membership.host, options);
}

}  // namespace

// The thread has a connection of its own: a connection serves one request at a time.
struct Heartbeat::State {
  struct Seen {
    int64_t beats = -1;
    Stopwatch since;
  };

  State(const Membership& who, std::chrono::milliseconds limit)
      : membership(who),
        timeout(limit),
        interval(std::min(kSlowestBeat, limit / kBeatsInTimeout)),
        beating(connect(who, limit)),
        looking(connect(who, limit)),
        seen(static_cast<size_t>(who.size)) {}

  void beat(const std::stop_token& stop) {
    std::unique_lock lock(mutex);
    while (!stop.stop_requested()) {
      try {
        beating->add(key_of(membership.rank), 1);
      } catch (const std::exception&) {
        return;  // the store has gone; whoever waits will find that out
      }
      wake.wait_for(lock, stop, interval, [] { return false; });
    }
  }

  const Membership membership;
  const std::chrono::milliseconds timeout, interval;
  const StorePointer beating, looking;
  std::vector<Seen> seen;
  std::mutex mutex;
  std::condition_variable_any wake;
  std::jthread thread;  // last: joined before what it uses is destroyed
};

Heartbeat::Heartbeat(const Membership& membership, std::chrono::milliseconds timeout)
    : state_(std::make_unique<State>(membership, timeout)) {
  state_->thread = std::jthread([state = state_.get()](const std::stop_token& stop) { state->beat(stop); });
}

Heartbeat::~Heartbeat() = default;

std::chrono::milliseconds Heartbeat::interval() const { return state_->interval; }

std::vector<double> Heartbeat::seconds_of_silence() {
  std::vector<double> seconds;
  for (int64_t rank = 0; rank < state_->membership.size; ++rank) {
    State::Seen& seen = state_->seen[static_cast<size_t>(rank)];
    try {
      if (const int64_t beats = state_->looking->add(key_of(rank), 0); beats != seen.beats) seen = {.beats = beats};
      seconds.push_back(seen.since.seconds());
    } catch (const std::exception&) {
      seconds.push_back(rank == state_->membership.rank ? 0 : 1e-3 * static_cast<double>(state_->timeout.count()));
    }
  }
  return seconds;
}

void Heartbeat::say_that_one_is_missing() {
  try {
    state_->looking->set(missing_key_of(state_->membership.rank), "yes");
  } catch (const std::exception&) {
    // The store has gone: nobody is left to read it.
  }
}

bool Heartbeat::misses_another(int64_t rank) {
  try {
    return state_->looking->check({missing_key_of(rank)});
  } catch (const std::exception&) {
    return false;
  }
}

void Heartbeat::leave_message(const std::string& message) {
  try {
    state_->looking->set(message_key_of(state_->membership.rank), message);
  } catch (const std::exception&) {
    // The store has gone: nobody is left to read it.
  }
}

std::string Heartbeat::message_of(int64_t rank) {
  try {
    if (!state_->looking->check({message_key_of(rank)})) return "";
    return state_->looking->get_to_str(message_key_of(rank));
  } catch (const std::exception&) {
    return "";
  }
}

}  // namespace massface
