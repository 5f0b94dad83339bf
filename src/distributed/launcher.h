#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace massface {

// How `--processes N` starts the processes of one machine.
struct LaunchOptions {
  int64_t processes = 1;
  // How long the others may take to end after one has ended early: a little more than the time-out within which they
  // notice that it has gone. Then they are killed.
  std::chrono::milliseconds patience = std::chrono::seconds(70);
  std::map<std::string, std::string> environment = {};  // variables that the processes get besides

  // How often the processes are started again after a failure that is neither a mistake of the user nor a stop that was
  // asked for; and with which arguments. told: what the first process has told its launcher. Without that, there is
  // nothing to go on from.
  int64_t restarts = 0;
  std::function<std::vector<std::string>(std::vector<std::string> arguments, const std::string& told)> to_restart = {};
};

// Called in a process that a launcher has started; elsewhere it does nothing.
void tell_launcher(const std::string& text);

// Starts this program `processes` times with this process's own arguments, and waits for all of them. Each learns from
// variables of its environment (kLauncherVariables) which of how many it is and where they meet: a store that this
// process opens. The cores that this process may use are divided among them. Signals that ask a training to stop are
// passed on. The children end with this process, however it ends.
//
// Returns the exit code of the training: 0 if all of them return 0, otherwise the first one in the order of ranks that
// is not 0; its process has told the reason. Throws Failure for a process that a signal killed, or that cannot be
// started.
int launch_processes(const LaunchOptions& options);

}  // namespace massface
