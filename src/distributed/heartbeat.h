#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "distributed/membership.h"

namespace massface {

// Tells who of a training's processes is missing, which a collective that waits cannot. A thread of each process counts
// up its own number in the store, several times within the time-out; a process that waits looks at the others' numbers.
// A process that was killed or stopped, or whose network is cut, no longer counts; one that computes does, however long
// it takes.
//
// No function waits for the store for long: a network that is cut gives no answer at all, and c10d would wait for one
// without end.
class Heartbeat {
 public:
  // Connects with the store at the membership's meeting place and starts the thread. Throws what c10d does.
  Heartbeat(const Membership& membership, std::chrono::milliseconds timeout);
  ~Heartbeat();
  Heartbeat(const Heartbeat&) = delete;
  Heartbeat& operator=(const Heartbeat&) = delete;

  std::chrono::milliseconds interval() const;  // between two beats

  // The result of a look at the numbers.
  enum class Store { kAnswers, kSilent, kClosed };
  struct Report {
    Store store = Store::kAnswers;
    double seconds_of_store = 0;  // since it was first asked in vain
    // For each rank since its number was first seen unchanged, 0 for one that has counted since the last look. Empty
    // unless the store answers.
    std::vector<double> seconds;
  };
  Report look();

  // Says that this process ends because it misses another, and asks whether another one has said so: it is not the one
  // that is missing, even if it ends first.
  void say_that_one_is_missing();
  bool misses_another(int64_t rank);

  // Leaves the reason why this process ends, and reads that of another; empty if there is none.
  void leave_message(const std::string& message);
  std::string message_of(int64_t rank);

 private:
  struct State;
  std::shared_ptr<State> state_;  // a thread that waits for a store that is gone keeps it
};

}  // namespace massface
