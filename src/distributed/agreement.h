#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "distributed/processes.h"

// What the processes of one training agree on, so that all of them do the same. Each function is called by all of them.
namespace massface {

// What a process met while it worked: an Error, a Failure, or a signal (Interrupted).
struct Fault {
  enum class Kind { kNone, kError, kFailure, kInterrupted };
  Kind kind = Kind::kNone;
  std::string message;
};

// Calls `work` and returns what it threw.
Fault fault_of(const std::function<void()>& work);

// Throws the same in every process if any of them met a fault: the first that was met, in the order of ranks. The
// message names the process unless all have met the same.
void require_no_fault(Processes& processes, const Fault& own);

// Calls `work`, which must not talk to the other processes, in each of them, and returns its result if it succeeded
// in all of them; otherwise throws as require_no_fault() does.
template <class Work>
auto together(Processes& processes, const Work& work) {
  if (processes.size() == 1) return work();
  std::optional<std::invoke_result_t<Work>> result;
  require_no_fault(processes, fault_of([&] { result.emplace(work()); }));
  return *std::move(result);
}

// Lets a signal count everywhere (core/stop_signal.h) that any process has received. Returns whether there is one.
bool agree_on_stop(Processes& processes);
// Throws Interrupted in all of them in that case.
void throw_if_stopped(Processes& processes);

// Throws Error unless all processes have the same facts; it names the first that differs, its two values and the
// processes that have them.
void require_same_facts(Processes& processes, const std::map<std::string, std::string>& facts);

// Returns the texts of all processes if any of them has something to say; nothing travels otherwise but that.
std::vector<std::string> exchange_if_any(Processes& processes, const std::string& text);

}  // namespace massface
