#pragma once

namespace massface {

// While an instance exists, the first SIGINT or SIGTERM asks the current work to stop at the next suitable moment; a
// second one, of either kind, ends the process at once.
class StopSignal {
 public:
  StopSignal();
  ~StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

  // The signal that was received, or 0.
  int received() const;
};

// Thrown by long work that a signal asked to stop; such work leaves nothing half done.
struct Interrupted {};

// Returns whether the existing StopSignal has received a signal, for code that has no access to it.
bool stop_was_asked_for();

}  // namespace massface
