#include "distributed/heartbeat.h"

#include <algorithm>
#include <condition_variable>
#include <functional>
#include <future>
#include <mutex>
#include <optional>
#include <thread>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include "core/stopwatch.h"

namespace massface {
namespace {

using StorePointer = c10::intrusive_ptr<c10d::Store>;

constexpr std::chrono::milliseconds kSlowestBeat{1000};
constexpr int64_t kBeatsInTimeout = 8;
// For an answer of the store.
constexpr std::chrono::milliseconds kPatience{1000};
// For the thread that asks to be free again. If it still waits for the store after that, it will go on waiting.
constexpr std::chrono::milliseconds kHandover{200};

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

// An answer of the store, or the reason why there is none.
template <class Answer>
struct Asked {
  Heartbeat::Store store = Heartbeat::Store::kAnswers;
  std::optional<Answer> answer;
};

}  // namespace

// The threads have connections of their own, each of which serves one request at a time.
struct Heartbeat::State {
  struct Seen {
    int64_t beats = -1;
    Stopwatch since;
  };

  State(const Membership& who, std::chrono::milliseconds limit)
      : membership(who),
        interval(std::min(kSlowestBeat, limit / kBeatsInTimeout)),
        beating(connect(who, limit)),
        looking(connect(who, limit)),
        seen(static_cast<size_t>(who.size)) {}

  void beat() {
    std::unique_lock lock(mutex);
    while (!is_ending) {
      lock.unlock();
      try {
        beating->add(key_of(membership.rank), 1);
      } catch (const std::exception&) {
        return;  // the store has gone; whoever waits will find that out
      }
      lock.lock();
      wake.wait_for(lock, interval, [this] { return is_ending; });
    }
  }

  void answer() {
    std::unique_lock lock(mutex);
    while (true) {
      wake.wait(lock, [this] { return is_ending || question; });
      if (!question) return;
      lock.unlock();
      question();
      lock.lock();
      question = {};
      wake.notify_all();
    }
  }

  template <class Answer>
  Asked<Answer> ask(const std::function<Answer(c10d::Store&)>& of_store) {
    const auto promise = std::make_shared<std::promise<Answer>>();
    std::future<Answer> future = promise->get_future();
    {
      std::unique_lock lock(mutex);
      // The thread clears a question a moment after it has answered it.
      if (!wake.wait_for(lock, kHandover, [this] { return !question; })) return {.store = Store::kSilent};
      question = [promise, of_store, store = looking] {
        try {
          promise->set_value(of_store(*store));
        } catch (const std::exception&) {
          promise->set_exception(std::current_exception());
        }
      };
    }
    wake.notify_all();
    if (future.wait_for(kPatience) != std::future_status::ready) return {.store = Store::kSilent};
    try {
      return {.answer = future.get()};
    } catch (const std::exception&) {
      return {.store = Store::kClosed};
    }
  }

  const Membership membership;
  const std::chrono::milliseconds interval;
  const StorePointer beating, looking;
  std::vector<Seen> seen;
  std::optional<Stopwatch> asked_in_vain;  // since the first question without an answer

  std::mutex mutex;  // guards what follows
  std::condition_variable wake;
  bool is_ending = false;
  int64_t threads = 0;             // that run
  std::function<void()> question;  // the one that is being asked; empty: none
};

Heartbeat::Heartbeat(const Membership& membership, std::chrono::milliseconds timeout)
    : state_(std::make_shared<State>(membership, timeout)) {
  // Detached: one that waits for a store that is gone never ends.
  for (void (State::*work)() : {&State::beat, &State::answer}) {
    ++state_->threads;
    std::thread([state = state_, work] {
      (state.get()->*work)();
      const std::scoped_lock lock(state->mutex);
      --state->threads;
      state->wake.notify_all();
    }).detach();
  }
}

Heartbeat::~Heartbeat() {
  std::unique_lock lock(state_->mutex);
  state_->is_ending = true;
  state_->wake.notify_all();
  state_->wake.wait_for(lock, kPatience, [this] { return state_->threads == 0; });
}

std::chrono::milliseconds Heartbeat::interval() const { return state_->interval; }

Heartbeat::Report Heartbeat::look() {
  const auto asked = state_->ask<std::vector<int64_t>>([size = state_->membership.size](c10d::Store& store) {
    std::vector<int64_t> beats;
    for (int64_t rank = 0; rank < size; ++rank) beats.push_back(store.add(key_of(rank), 0));
    return beats;
  });
  if (!asked.answer) {
    if (!state_->asked_in_vain) state_->asked_in_vain.emplace();
    return {.store = asked.store, .seconds_of_store = state_->asked_in_vain->seconds()};
  }
  state_->asked_in_vain.reset();
  Report report;
  for (size_t rank = 0; rank < asked.answer->size(); ++rank) {
    State::Seen& seen = state_->seen[rank];
    if (const int64_t beats = (*asked.answer)[rank]; beats != seen.beats) seen = {.beats = beats};
    report.seconds.push_back(seen.since.seconds());
  }
  return report;
}

void Heartbeat::say_that_one_is_missing() {
  state_->ask<bool>([key = missing_key_of(state_->membership.rank)](c10d::Store& store) {
    store.set(key, "yes");
    return true;
  });
}

bool Heartbeat::misses_another(int64_t rank) {
  return state_->ask<bool>([key = missing_key_of(rank)](c10d::Store& store) { return store.check({key}); })
      .answer.value_or(false);
}

void Heartbeat::leave_message(const std::string& message) {
  state_->ask<bool>([key = message_key_of(state_->membership.rank), message](c10d::Store& store) {
    store.set(key, message);
    return true;
  });
}

std::string Heartbeat::message_of(int64_t rank) {
  return state_
      ->ask<std::string>(
          [key = message_key_of(rank)](c10d::Store& store) { return store.check({key}) ? store.get_to_str(key) : ""; })
      .answer.value_or("");
}

}  // namespace massface
