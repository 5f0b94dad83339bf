#include "distributed/lookout.h"

#include <fmt/ranges.h>

#include <thread>

#include "core/files.h"
#include "core/stopwatch.h"
#include "distributed/own_address.h"

namespace massface {
namespace {

// For the first process to meet the same fault as this one.
constexpr double kSecondsForFirst = 3;

}  // namespace

Lookout::Lookout(const Membership& membership, std::vector<std::string> hosts, std::chrono::milliseconds timeout)
    : membership_(membership), hosts_(std::move(hosts)), timeout_(timeout), heartbeat_(membership, timeout) {}

void Lookout::require_all_alive(const std::string& what) {
  const auto fail = [&](const std::string& name, const std::string& fault) {
    heartbeat_.say_that_one_is_missing();
    throw LostProcess(fmt::format("{} {} {}", waited_for(what), name, fault));
  };
  const auto not_answered = [](double seconds) {
    return fmt::format("has not answered for {:.0f} s: it was killed or stopped, or its network is cut", seconds);
  };
  const double limit = 1e-3 * static_cast<double>(timeout_.count());
  const Heartbeat::Report report = heartbeat_.look();
  if (report.store == Heartbeat::Store::kClosed) fail(name_of_store(), "has gone");
  if (report.store == Heartbeat::Store::kSilent && report.seconds_of_store >= limit) {
    fail(name_of_store(), not_answered(report.seconds_of_store));
  }
  for (int64_t other = 0; other < std::ssize(report.seconds); ++other) {
    const double seconds = report.seconds[static_cast<size_t>(other)];
    if (seconds >= limit && !heartbeat_.misses_another(other)) fail(name_of(other), not_answered(seconds));
  }
}

LostProcess Lookout::broken_connection(const std::string& what, const std::string& reason) {
  return LostProcess(fmt::format("{} {}: {}", waited_for(what), who_left(), reason));
}

bool Lookout::is_told_by_first(const std::string& message) {
  heartbeat_.leave_message(message);
  if (membership_.rank == 0) return false;
  const Stopwatch watch;
  std::string of_first;
  while (of_first.empty() && watch.seconds() < kSecondsForFirst) {
    of_first = heartbeat_.message_of(0);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return of_first == message;
}

std::string Lookout::waited_for(const std::string& what) const {
  return fmt::format("rank {} of {} on {}{} waited for {}, but", membership_.rank, membership_.size, machine_name(),
                     place_.empty() ? "" : ", at " + place_ + ",", what);
}

std::string Lookout::name_of(int64_t rank) const {
  return fmt::format("rank {} on {}", rank, hosts_[static_cast<size_t>(rank)]);
}

std::string Lookout::name_of_store() const {
  const std::string place = fmt::format("{}:{}", printable(membership_.host), membership_.port);
  if (membership_.store_is_open) return fmt::format("the launcher, which holds the store at {},", place);
  return fmt::format("{}, which holds the store at {},", name_of(0), place);
}

std::string Lookout::who_left() {
  heartbeat_.say_that_one_is_missing();
  heartbeat_.look();
  std::this_thread::sleep_for(3 * heartbeat_.interval());
  const Heartbeat::Report report = heartbeat_.look();
  // Without the store nothing is known of those who do not hold it.
  if (report.store == Heartbeat::Store::kClosed) return name_of_store() + " has gone";
  if (report.store == Heartbeat::Store::kSilent) return name_of_store() + " does not answer";
  return who_is_silent(report.seconds);
}

std::string Lookout::who_is_silent(const std::vector<double>& seconds) {
  const double two_beats = 2e-3 * static_cast<double>(heartbeat_.interval().count());
  std::vector<std::string> silent, ended;
  for (int64_t other = 0; other < std::ssize(seconds); ++other) {
    if (heartbeat_.misses_another(other)) continue;
    if (const std::string message = heartbeat_.message_of(other); !message.empty()) {
      ended.push_back(fmt::format("{} has ended ({})", name_of(other), message));
    } else if (seconds[static_cast<size_t>(other)] > two_beats) {
      silent.push_back(name_of(other));
    }
  }
  if (!silent.empty())
    return fmt::format("{} {} gone", fmt::join(silent, " and "), silent.size() == 1 ? "has" : "have");
  return ended.empty() ? "the connection is broken" : ended.front();
}

}  // namespace massface
