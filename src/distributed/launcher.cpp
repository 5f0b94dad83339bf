#include "distributed/launcher.h"

#include <fmt/ranges.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <map>
#include <optional>

#include "core/error.h"
#include "core/files.h"
#include "core/log.h"
#include "core/stopwatch.h"
#include "core/threads.h"
#include "distributed/membership.h"
#include "distributed/processors.h"
#include "distributed/store_server.h"

extern char** environ;

namespace massface {
namespace {

constexpr int kPassedOn[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGXCPU};

// Blocks the signals that await_signal() takes, so that none is lost between two calls.
class BlockedSignals {
 public:
  BlockedSignals() {
    sigemptyset(&set_);
    for (const int signal : kPassedOn) sigaddset(&set_, signal);
    sigaddset(&set_, SIGCHLD);
    pthread_sigmask(SIG_BLOCK, &set_, &before_);
  }
  ~BlockedSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  BlockedSignals(const BlockedSignals&) = delete;
  BlockedSignals& operator=(const BlockedSignals&) = delete;

  // Returns the next signal, or 0 after the time.
  int await_signal(std::chrono::milliseconds time) const {
    const timespec wait{.tv_sec = time.count() / 1000, .tv_nsec = time.count() % 1000 * 1'000'000};
    return std::max(0, sigtimedwait(&set_, nullptr, &wait));
  }
  const sigset_t& before() const { return before_; }

 private:
  sigset_t set_{}, before_{};
};

// A list of texts as execve takes it.
class TextPointers {
 public:
  explicit TextPointers(std::vector<std::string> texts) : texts_(std::move(texts)) {
    for (std::string& text : texts_) pointers_.push_back(text.data());
    pointers_.push_back(nullptr);
  }
  char** data() { return pointers_.data(); }

 private:
  std::vector<std::string> texts_;
  std::vector<char*> pointers_;
};

// Names the file in which a process tells its launcher something.
constexpr const char* kToldFile = "MASSFACE_TOLD";

// A file that lives as long as the object.
class TemporaryTold {
 public:
  TemporaryTold() : path_((std::filesystem::temp_directory_path() / "massface-told-XXXXXX").native()) {
    const int file = ::mkstemp(path_.data());
    if (file < 0) throw Failure(fmt::format("{} could not be made: {}", path_, std::strerror(errno)));
    ::close(file);
  }
  ~TemporaryTold() { ::unlink(path_.c_str()); }
  TemporaryTold(const TemporaryTold&) = delete;
  TemporaryTold& operator=(const TemporaryTold&) = delete;

  const std::string& path() const { return path_; }
  std::string text() const { return read_text_file(path_); }

 private:
  std::string path_;
};

std::vector<std::string> own_arguments() {
  const std::string text = read_text_file("/proc/self/cmdline");
  std::vector<std::string> arguments;
  for (size_t begin = 0; begin < text.size(); begin += arguments.back().size() + 1) {
    arguments.emplace_back(text.c_str() + begin);
  }
  return arguments;
}

// What all processes of one start have in common.
struct Start {
  const LaunchOptions& options;
  std::vector<std::string> arguments;
  int64_t port;           // of the store
  std::string told_file;  // of TemporaryTold
};

std::vector<std::string> environment_of(int64_t rank, const Start& start) {
  const LaunchOptions& options = start.options;
  std::map<std::string, std::string> own = options.environment;
  own[kToldFile] = start.told_file;
  own[kLauncherVariables.rank] = std::to_string(rank);
  own[kLauncherVariables.size] = std::to_string(options.processes);
  own[kLauncherVariables.store] = fmt::format("127.0.0.1:{}", start.port);
  std::vector<std::string> variables;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string text = *variable;
    if (!own.contains(text.substr(0, text.find('=')))) variables.push_back(text);
  }
  for (const auto& [name, value] : own) variables.push_back(name + "=" + value);
  return variables;
}

// Starts the process. Between fork and exec only system calls are made, since this process has threads.
pid_t start_process(int64_t rank, const Start& start, const BlockedSignals& signals) {
  const int64_t size = start.options.processes;
  TextPointers arguments(start.arguments), environment(environment_of(rank, start));
  const std::vector<int> processors = processors_of(rank, size, own_processors(), available_cores());
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) throw Failure(fmt::format("process {} of {} could not be started: {}", rank, size, strerror(errno)));
  if (child > 0) return child;
  // A group of its own: Ctrl-C reaches the parent alone, which passes it on once. A second one would end it at once.
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != parent) ::_exit(1);  // the parent ended before it could be asked to take this process along
  keep_processors(processors);
  pthread_sigmask(SIG_SETMASK, &signals.before(), nullptr);
  ::execve("/proc/self/exe", arguments.data(), environment.data());
  ::_exit(127);
}

// The processes of a training and how they ended.
class Children {
 public:
  Children(const Start& start, const BlockedSignals& signals) : ends_(static_cast<size_t>(start.options.processes)) {
    try {
      for (int64_t rank = 0; rank < start.options.processes; ++rank) {
        ids_.push_back(start_process(rank, start, signals));
      }
    } catch (const Failure&) {
      send(SIGKILL);
      throw;
    }
  }

  // Takes note of the processes that have ended.
  void look() {
    for (size_t i = 0; i < ids_.size(); ++i) {
      int status = 0;
      if (!ends_[i] && ::waitpid(ids_[i], &status, WNOHANG) == ids_[i]) ends_[i] = status;
    }
  }
  void send(int signal) const {
    for (size_t i = 0; i < ids_.size(); ++i) {
      if (!ends_[i]) ::kill(ids_[i], signal);
    }
  }
  bool all_ended() const {
    return std::ranges::all_of(ends_, [](const auto& end) { return end.has_value(); });
  }
  bool one_failed() const {
    return std::ranges::any_of(ends_, [](const auto& end) { return end && *end != 0; });
  }
  std::vector<int64_t> still_running() const {
    std::vector<int64_t> ranks;
    for (size_t i = 0; i < ends_.size(); ++i) {
      if (!ends_[i]) ranks.push_back(static_cast<int64_t>(i));
    }
    return ranks;
  }

  // Call when all have ended. Throws Failure for one that a signal killed.
  int exit_code() const {
    for (size_t i = 0; i < ends_.size(); ++i) {
      if (const int status = *ends_[i]; WIFSIGNALED(status)) {
        throw Failure(fmt::format("rank {} (process {}) was killed by signal {} ({})", i, ids_[i], WTERMSIG(status),
                                  strsignal(WTERMSIG(status))));
      }
    }
    for (const auto& end : ends_) {
      if (const int code = WEXITSTATUS(*end); code != 0) return code;
    }
    return 0;
  }

 private:
  std::vector<pid_t> ids_;
  std::vector<std::optional<int>> ends_;
};

}  // namespace

namespace {

// How one start of the processes ended.
struct End {
  int exit_code = 0;
  std::string failure;  // of a process that was killed, for Failure
  bool was_asked_for = false;
};

End wait_for_end(Children& children, const BlockedSignals& signals, std::chrono::milliseconds patience) {
  End end;
  std::optional<Stopwatch> since_failure;
  while (true) {
    children.look();
    if (children.all_ended()) break;
    if (!since_failure && children.one_failed()) since_failure.emplace();
    if (since_failure && since_failure->seconds() * 1e3 > static_cast<double>(patience.count())) {
      log_warning("rank {} did not end although another process has; killing it",
                  fmt::join(children.still_running(), ", "));
      children.send(SIGKILL);
      since_failure.emplace();
    }
    const int signal = signals.await_signal(std::chrono::seconds(1));
    if (signal == 0 || signal == SIGCHLD) continue;
    end.was_asked_for = true;
    children.send(signal);
  }
  try {
    end.exit_code = children.exit_code();
  } catch (const Failure& killed) {
    end.exit_code = 1;
    end.failure = killed.what();
  }
  return end;
}

}  // namespace

int launch_processes(const LaunchOptions& options) {
  const BlockedSignals signals;  // before the store starts its thread, which must not take them either
  const TemporaryTold told;
  std::vector<std::string> arguments = own_arguments();
  for (int64_t restart = 0;; ++restart) {
    const StoreServer store;
    Children children({options, arguments, store.port(), told.path()}, signals);
    const End end = wait_for_end(children, signals, options.patience);
    const std::string text = told.text();
    const bool is_failure = end.exit_code == 1 && !end.was_asked_for && !text.empty();
    if (!is_failure || restart == options.restarts) {
      if (!end.failure.empty()) throw Failure(end.failure);
      return end.exit_code;
    }
    log_warning("{}; starting again with {}, {} of {}", end.failure.empty() ? "the processes have failed" : end.failure,
                text, restart + 1, options.restarts);
    arguments = options.to_restart(own_arguments(), text);
  }
}

void tell_launcher(const std::string& text) {
  if (const char* file = std::getenv(kToldFile)) write_file_atomically(file, text);
}

}  // namespace massface
