#pragma once

namespace massface {

// While it lives, the first SIGINT or SIGTERM asks the training to stop after the step in hand; a second one ends the
// process at once, as usual.
class StopSignal {
 public:
  StopSignal();
  ~StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

  // The signal that came, or 0.
  int received() const;
};

}  // namespace massface
