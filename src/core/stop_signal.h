#pragma once

namespace massface {

// While it lives, the first SIGINT or SIGTERM asks the work in hand to stop at its next good moment; a second one ends
// the process at once, as usual.
class StopSignal {
 public:
  StopSignal();
  ~StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

  // The signal that came, or 0.
  int received() const;
};

// Thrown within long work that a signal asks to stop and that leaves nothing half done.
struct Interrupted {};

// Whether a signal came to the StopSignal that lives now; for work that has none in hand.
bool stop_was_asked_for();

}  // namespace massface
