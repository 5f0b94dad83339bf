// How the processes of a training find each other: at a store, where each leaves what the others must know of it.
#include <ATen/ATen.h>
#include <c10/util/Logging.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <csignal>
#include <sstream>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include "core/error.h"
#include "core/files.h"
#include "core/log.h"
#include "distributed/gloo_processes.h"
#include "distributed/own_address.h"
#include "distributed/processes.h"
#include "distributed/processors.h"

namespace massface {
namespace {

c10::intrusive_ptr<c10d::Store> open_store(const Membership& membership, std::chrono::milliseconds timeout) {
  c10d::TCPStoreOptions options;
  options.port = static_cast<uint16_t>(membership.port);
  options.isServer = membership.rank == 0 && !membership.store_is_open;
  options.numWorkers = static_cast<size_t>(membership.size);
  options.waitWorkers = false;
  options.timeout = timeout;
  try {
    return c10::make_intrusive<c10d::TCPStore>(membership.host, options);
  } catch (const std::exception& error) {
    throw Failure(fmt::format("rank {} of {} could not {} {}:{}, where the processes should meet (from {}): {}",
                              membership.rank, membership.size, options.isServer ? "open" : "reach",
                              printable(membership.host), membership.port, membership.from, reason_of(error)));
  }
}

// Where a process is.
struct Member {
  std::string host, address, processors;

  static Member of(const std::string& text) {
    std::istringstream words(text);
    Member member;
    words >> member.host >> member.address >> member.processors;
    return member;
  }
  std::string text() const { return host + " " + address + " " + processors; }
};

// Tells the others where this process is, and learns it from them. Throws Failure that names the ranks that did not
// come, and Error for two with the same rank.
std::vector<Member> meet(c10d::Store& store, const Membership& membership, const std::string& address) {
  const auto key = [](int64_t rank) { return fmt::format("member/{}", rank); };
  require(store.add(fmt::format("claims/{}", membership.rank), 1) == 1,
          "two processes both say that they are rank {} of {} (from {})", membership.rank, membership.size,
          membership.from);
  store.set(key(membership.rank),
            Member{machine_name(), address, fmt::format("{}", fmt::join(own_processors(), ","))}.text());
  std::vector<Member> members;
  std::vector<int64_t> missing;
  for (int64_t rank = 0; rank < membership.size; ++rank) {
    try {
      // Once one process did not come in time, no other is waited for.
      if (!missing.empty() && !store.check({key(rank)})) throw Failure("");
      members.push_back(Member::of(store.get_to_str(key(rank))));
    } catch (const std::exception&) {
      missing.push_back(rank);
    }
  }
  if (missing.empty()) return members;
  throw Failure(fmt::format("rank {} of {} on {} waited at {}:{} for rank {}, which did not come within {} s",
                            membership.rank, membership.size, machine_name(), printable(membership.host),
                            membership.port, fmt::join(missing, ", "), store.getTimeout().count() / 1000));
}

// A launcher that does not divide a machine's processors gives all of them to each of its processes, which would then
// wait for each other. Keeps this process's share, if others of its machine may use the same ones.
void divide_processors(const std::vector<Member>& members, int64_t rank) {
  const Member& own = members[static_cast<size_t>(rank)];
  int64_t before = 0, all = 0;
  for (int64_t other = 0; other < std::ssize(members); ++other) {
    const Member& member = members[static_cast<size_t>(other)];
    if (member.host != own.host || member.processors != own.processors) continue;
    ++all;
    if (other < rank) ++before;
  }
  if (all > 1) keep_processors(processors_of(before, all, own_processors(), available_cores()));
}

}  // namespace

std::shared_ptr<Processes> join_processes(const Membership& membership, const std::string& interface,
                                          std::chrono::milliseconds timeout) {
  if (membership.size == 1) return single_process();
  // Gloo writes into connections whose other end may have gone, which must be an error of that call.
  std::signal(SIGPIPE, SIG_IGN);
  // c10d writes its faults with their stacks to standard error before it throws them.
  FLAGS_caffe2_log_level = c10::GLOG_FATAL;
  const std::string address = own_address_towards(membership.host, membership.port);
  hurry_reverse_lookups();
  const c10::intrusive_ptr<c10d::Store> store = open_store(membership, timeout);
  const auto members = meet(*store, membership, address);
  const bool one_machine =
      std::ranges::all_of(members, [&](const Member& member) { return member.host == members[0].host; });
  const bool loopback = std::ranges::any_of(members, [](const Member& member) { return is_loopback(member.address); });
  require(one_machine || !loopback || !interface.empty(),
          "the processes are on several machines, but one of them would talk through its loopback address. Name the "
          "network interface with --interface, or let MASTER_ADDR be an address that all machines reach");
  log_info("rank {} of {} on {}, through {}", membership.rank, membership.size, machine_name(),
           interface.empty() ? address : interface);
  divide_processors(members, membership.rank);
  Connection connection{.store = c10::make_intrusive<c10d::PrefixStore>("gloo", store),
                        .interface = interface,
                        .address = address,
                        .timeout = timeout};
  for (const Member& member : members) connection.hosts.push_back(member.host);
  return make_gloo_processes(membership, connection);
}

}  // namespace massface
