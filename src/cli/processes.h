#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "distributed/processes.h"

namespace CLI {
class App;
}  // namespace CLI

namespace massface {

// The options by which one verb runs in several processes (docs/distributed.md).
struct ProcessArguments {
  std::string processes;   // a number, or "auto"; empty: a launcher's variables decide
  int64_t rank = -1;       // given by hand
  std::string rendezvous;  // HOST:PORT
  std::string interface;
  double timeout = 60;  // seconds
  int64_t restarts = 0;
};

void bind_process_options(CLI::App& verb, ProcessArguments& arguments);
// --restarts, of a verb that can continue.
void bind_restarts_option(CLI::App& verb, ProcessArguments& arguments);

// Returns the number that --processes asks for, 0 if it is empty. Throws Error for any other text.
int64_t number_of_processes(const std::string& text);

// Calls `work` in each process of the verb: in this one, after it has met the others, if it is one of several or the
// only one; or in as many as `--processes` asks for, which this one starts and waits for. Of the messages with which
// they end, those that are the same are told once.
void in_processes(const ProcessArguments& arguments, const std::function<void(std::shared_ptr<Processes>)>& work);

// Returns the arguments of a training with which it continues in this run directory.
std::vector<std::string> arguments_to_resume(const std::vector<std::string>& arguments, const std::string& run);

// Returns the GPU of this process, "cuda:N", if it trains with others of its machine on GPUs that are not named; else
// the device that the recipe names.
std::string device_of_process(const std::string& device, const Processes& processes);

}  // namespace massface
