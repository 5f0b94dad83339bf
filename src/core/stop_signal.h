#pragma once

namespace massface {

// While an instance exists, signals ask the current work to stop at the next suitable moment instead of ending the
// process: SIGINT, SIGTERM, SIGHUP (the terminal was closed; not if the process was started with nohup, which ignores
// it), SIGUSR1, SIGUSR2 and SIGXCPU (warnings of batch systems before the end of a job). A second SIGINT or SIGTERM
// ends the process at once. A second one of the others does not: a closed terminal often sends SIGHUP twice, and
// service managers send it right after SIGTERM.
//
// The processes of one training must all stop after the same step. With Counts::kWhenAgreed, a signal only counts once
// they have agreed on it (distributed/agreement.h): until then it is pending.
class StopSignal {
 public:
  enum class Counts { kAtOnce, kWhenAgreed };
  explicit StopSignal(Counts counts = Counts::kAtOnce);
  ~StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

  // The signal that was received, or 0. A pending one does not count.
  int received() const;
};

// The signal that the existing StopSignal has received, whether it counts or not; 0 for none.
int pending_stop_signal();
// Lets a signal count that this process, or another one, has received.
void count_stop_signal(int signal);

// Thrown by long work that a signal asked to stop; such work leaves nothing half done.
struct Interrupted {};

// Returns whether the existing StopSignal has received a signal, for code that has no access to it.
bool stop_was_asked_for();

// While an instance exists, writing to a console or pipe that has gone (`train 2>&1 | head`) fails with EPIPE, which
// the log and the progress bar ignore, instead of ending the process by SIGPIPE.
class ConsoleMayVanish {
 public:
  ConsoleMayVanish();
  ~ConsoleMayVanish();
  ConsoleMayVanish(const ConsoleMayVanish&) = delete;
  ConsoleMayVanish& operator=(const ConsoleMayVanish&) = delete;

 private:
  void (*before_)(int);
};

}  // namespace massface
