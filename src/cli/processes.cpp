#include "cli/processes.h"

#include <CLI/CLI.hpp>
#include <charconv>

#include "core/error.h"
#include "core/files.h"
#include "core/log.h"
#include "distributed/launcher.h"
#include "kernels/cuda_hooks.h"

namespace massface {
namespace {

constexpr int64_t kMostProcesses = 1024;

std::chrono::milliseconds milliseconds(double seconds) {
  return std::chrono::milliseconds(static_cast<int64_t>(1e3 * seconds));
}

void launch(int64_t processes, const ProcessArguments& arguments) {
  const int code = launch_processes({.processes = processes,
                                     .patience = milliseconds(arguments.timeout) + std::chrono::seconds(5),
                                     .restarts = arguments.restarts,
                                     .to_restart = arguments_to_resume});
  if (code != 0) throw ToldElsewhere{code};
}

}  // namespace

int64_t number_of_processes(const std::string& text) {
  if (text.empty()) return 0;
  if (text == "auto") return std::max<int64_t>(1, cuda_hooks::num_devices());
  int64_t number = 0;
  const auto [end, mistake] = std::from_chars(text.data(), text.data() + text.size(), number);
  require(mistake == std::errc() && end == text.data() + text.size() && number >= 1 && number <= kMostProcesses,
          "--processes is \"{}\"; a number from 1 to {} was expected, or auto (one for each GPU)", printable(text),
          kMostProcesses);
  return number;
}

void bind_process_options(CLI::App& verb, ProcessArguments& arguments) {
  verb.add_option("--processes", arguments.processes,
                  "Run in so many processes: on this machine, which starts them (auto: one for each GPU), or with "
                  "--rank on several")
      ->type_name("N");
  verb.add_option("--rank", arguments.rank,
                  "This process is the one with this rank, from 0; needs --processes and "
                  "--rendezvous")
      ->type_name("R");
  verb.add_option("--rendezvous", arguments.rendezvous,
                  "Where the processes meet: an address of rank 0's machine and "
                  "a free port there")
      ->type_name("HOST:PORT");
  verb.add_option("--interface", arguments.interface,
                  "Network interface through which processes talk (default: the one that reaches the rendezvous)")
      ->type_name("NAME");
  verb.add_option("--timeout", arguments.timeout,
                  "Seconds after which a process that does not answer is given up (default: 60)")
      ->type_name("SECONDS");
}

void bind_restarts_option(CLI::App& verb, ProcessArguments& arguments) {
  verb.add_option("--restarts", arguments.restarts,
                  "How often to start the processes again, from the newest checkpoint, after one was killed or has "
                  "failed (default: 0)")
      ->type_name("N")
      ->check(CLI::Range(0, 1000000));
}

void in_processes(const ProcessArguments& arguments, const std::function<void(std::shared_ptr<Processes>)>& work) {
  require(arguments.timeout >= 1 && arguments.timeout <= 1e6, "--timeout is {}; 1 to 1e6 seconds were expected",
          arguments.timeout);
  const int64_t asked = number_of_processes(arguments.processes);
  const Environment environment = process_environment();
  const bool is_started = environment(kLauncherVariables.rank).has_value();
  const Membership membership = find_membership(
      {.rank = arguments.rank, .processes = arguments.rank < 0 ? -1 : asked, .rendezvous = arguments.rendezvous},
      environment);
  if ((asked > 1 || arguments.restarts > 0) && arguments.rank < 0 && !is_started) {
    require(membership.size == 1,
            "--processes and --restarts start processes, but this is already rank {} of {} (from {}). Leave them out",
            membership.rank, membership.size, membership.from);
    return launch(std::max<int64_t>(asked, 1), arguments);
  }
  if (membership.rank > 0) log_only_errors(fmt::format("rank {}: ", membership.rank));
  const auto processes = join_processes(membership, arguments.interface, milliseconds(arguments.timeout));
  const auto end = [&](const std::exception& reason, int exit_code) {
    if (processes->is_told_by_first(reason.what())) throw ToldElsewhere{exit_code};
  };
  try {
    work(processes);
  } catch (const Error& error) {
    end(error, 2);
    throw;
  } catch (const std::exception& failure) {
    end(failure, 1);
    throw;
  }
}

std::vector<std::string> arguments_to_resume(const std::vector<std::string>& arguments, const std::string& run) {
  std::vector<std::string> result;
  for (size_t i = 0; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    const bool names_run = argument == "--run" || argument == "--resume";
    if (names_run) ++i;  // its value
    if (names_run || argument.starts_with("--run=") || argument.starts_with("--resume=")) continue;
    result.push_back(argument);
  }
  result.insert(result.end(), {"--resume", run});
  return result;
}

std::string device_of_process(const std::string& device, const Processes& processes) {
  const int64_t gpus = cuda_hooks::num_devices();
  if (processes.size() == 1 || gpus == 0 || device != "auto") return device;
  return fmt::format("cuda:{}", processes.local_rank() % gpus);
}

}  // namespace massface
