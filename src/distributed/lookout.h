#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "distributed/heartbeat.h"
#include "distributed/membership.h"
#include "distributed/processes.h"

namespace massface {

// Looks after the other processes of a training while this one waits for them, and says who is missing.
class Lookout {
 public:
  // hosts: of each rank. timeout: how long a process may be silent. Throws what Heartbeat does.
  Lookout(const Membership& membership, std::vector<std::string> hosts, std::chrono::milliseconds timeout);

  // Sets what this process does, for messages: "step 1200".
  void now_at(const std::string& place) { place_ = place; }

  // what: what this process waits for, for the message. Throws LostProcess if another one has been silent for the whole
  // time-out.
  void require_all_alive(const std::string& what);

  // Returns the error for a connection that has broken, with the name of the one that has gone. Takes a few beats:
  // those who noticed it too live on for a while, so that silence tells who has gone.
  LostProcess broken_connection(const std::string& what, const std::string& reason);

  // See Processes.
  bool is_told_by_first(const std::string& message);

 private:
  std::string waited_for(const std::string& what) const;
  std::string name_of(int64_t rank) const;
  std::string name_of_store() const;
  std::string who_left();
  std::string who_is_silent(const std::vector<double>& seconds);

  const Membership membership_;
  const std::vector<std::string> hosts_;
  const std::chrono::milliseconds timeout_;
  std::string place_;
  Heartbeat heartbeat_;
};

}  // namespace massface
