#pragma once

#include <ATen/Parallel.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/log.h"
#include "distributed/processes.h"
#include "distributed/store_server.h"

namespace massface {

// One process of as_processes(): what it reads from its parent, and what its parent reads from it.
struct TestingProcess {
  pid_t id = 0;
  int port_end = -1, result_end = -1;
};

inline std::string read_to_end(int file) {
  std::string text;
  char buffer[4096];
  for (ssize_t n = 0; (n = ::read(file, buffer, sizeof(buffer))) > 0;) text.append(buffer, static_cast<size_t>(n));
  ::close(file);
  return text;
}

// Runs `work` in `size` forks of this process that have joined, each of which computes on one thread. Returns what each
// of them returned, or the message of what it threw. They are forked before the store starts its thread; the test
// itself must not have computed on several threads before. (Threads in the place of processes would race in c10d's own
// records, which belong to the whole process.) A fork that takes longer than two minutes is killed. The store is this
// process's, or that of the first fork, as across machines.
enum class StoreOf { kTest, kFirst };
inline std::vector<std::string> as_processes(int64_t size, const std::function<std::string(Processes&)>& work,
                                             std::chrono::milliseconds timeout = std::chrono::seconds(20),
                                             StoreOf store_of = StoreOf::kTest) {
  std::vector<TestingProcess> processes;
  for (int64_t rank = 0; rank < size; ++rank) {
    int port_pipe[2], result_pipe[2];
    check(::pipe(port_pipe) == 0 && ::pipe(result_pipe) == 0, "a pipe");
    const pid_t id = ::fork();
    check(id >= 0, "a fork");
    if (id > 0) {
      ::close(port_pipe[0]);
      ::close(result_pipe[1]);
      processes.push_back({id, port_pipe[1], result_pipe[0]});
      continue;
    }
    int64_t port = 0;
    std::string result;
    try {
      check(::read(port_pipe[0], &port, sizeof(port)) == sizeof(port), "the port");
      at::set_num_threads(1);
      log_only_errors(fmt::format("rank {}: ", rank));
      const Membership membership{.rank = rank,
                                  .size = size,
                                  .local_rank = rank,
                                  .host = "127.0.0.1",
                                  .port = port,
                                  .store_is_open = store_of == StoreOf::kTest,
                                  .from = "a test"};
      result = work(*join_processes(membership, "", timeout));
    } catch (const std::exception& error) {
      result = error.what();
    }
    const bool written = ::write(result_pipe[1], result.data(), result.size()) == std::ssize(result);
    ::_exit(written ? 0 : 1);
  }
  auto store = std::make_unique<StoreServer>();
  const int64_t port = store->port();
  if (store_of == StoreOf::kFirst) store.reset();  // its port is free again
  std::vector<std::string> results;
  for (const TestingProcess& process : processes) {
    check(::write(process.port_end, &port, sizeof(port)) == sizeof(port), "the port");
  }
  for (const TestingProcess& process : processes) {
    constexpr int kMilliseconds = 120'000;
    pollfd result{.fd = process.result_end, .events = POLLIN, .revents = 0};
    if (::poll(&result, 1, kMilliseconds) == 0) ::kill(process.id, SIGKILL);
    results.push_back(read_to_end(process.result_end));
    ::close(process.port_end);
    int status = 0;
    ::waitpid(process.id, &status, 0);
    if (WIFSIGNALED(status)) results.back() += fmt::format(" ended by signal {}", WTERMSIG(status));
    if (WIFEXITED(status) && WEXITSTATUS(status) != 0) {
      results.back() += fmt::format(" ended with code {}", WEXITSTATUS(status));
    }
  }
  return results;
}

}  // namespace massface
