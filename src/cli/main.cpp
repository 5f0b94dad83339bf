#include <fcntl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <iostream>

#include "cli/command_line.h"
#include "cli/verbs.h"
#include "core/error.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/stop_signal.h"
#include "kernels/device.h"
#include "kernels/dispatch.h"

namespace massface {
namespace {

// A program that is started with its standard files closed would give their numbers to the next files that it opens,
// and write its messages into them.
void open_standard_files() {
  for (const int file : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(file, F_GETFD) >= 0) continue;
    [[maybe_unused]] const int opened = ::open("/dev/null", O_RDWR);  // the lowest free number, which is this one
  }
}

// Returns the exit code. 0: success. 1: the machine or the run failed. 2: the user can correct the mistake.
int run(int argc, char** argv) {
  open_standard_files();
  // A file larger than `ulimit -f` allows fails like one on a full disk, with a message.
  std::signal(SIGXFSZ, SIG_IGN);
  keep_freed_memory();
  CLI::App program{"massface: train face recognition networks with the triplet loss, and measure them", "massface"};
  program.set_version_flag("--version", MASSFACE_VERSION);
  program.require_subcommand(1);
  program.get_formatter()->column_width(36);
  program.footer(
      "`massface VERB --help` explains a verb. docs/options.md lists the options of a training.\n"
      "MASSFACE_VECTORS=AVX2 in the environment limits massface's kernels to these vector instructions.");
  for (const auto add_verb : kVerbs) add_verb(program);
  try {
    if (const char* target = std::getenv("MASSFACE_VECTORS")) limit_vector_target(target);
    std::vector<std::string> words = expand_home_in({argv + 1, argv + argc});
    require_known_verbs(program, words);
    std::ranges::reverse(words);  // as CLI11 takes them
    program.parse(std::move(words));
    std::cout.flush();
    if (!std::cout) throw Failure("the result could not be written to standard output");
    return 0;
  } catch (const CLI::ParseError& error) {
    // Asking for help or the version is not a mistake.
    if (error.get_exit_code() == 0) return program.exit(error);
    log_line(LogLevel::kError, message_of_refusal(program, error));
    return 2;
  } catch (const Error& error) {
    log_line(LogLevel::kError, error.what());
    return 2;
  } catch (const ToldElsewhere& told) {
    return told.exit_code;
  } catch (const Interrupted&) {  // a verb that knows what is left says more
    log_line(LogLevel::kError, "stopped by a signal");
    return 1;
  } catch (const std::exception& error) {
    log_line(LogLevel::kError, message_of_failure(error));
    return 1;
  }
}

}  // namespace
}  // namespace massface

int main(int argc, char** argv) { return massface::run(argc, argv); }
