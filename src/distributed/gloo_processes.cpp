// The only source that includes c10d's Gloo. The definition must precede its header, which uses the headers of Debian's
// libgloo-dev: these are older than the library within LibTorch, so nothing here constructs or derives from gloo's
// classes.
#define USE_C10D_GLOO
#include <ATen/ATen.h>
#include <c10/util/Exception.h>
#include <c10/util/Logging.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include "core/error.h"
#include "core/files.h"
#include "core/log.h"
#include "distributed/own_address.h"
#include "distributed/processes.h"

namespace massface {
namespace {

// The first line of what c10d says, which continues with a stack.
std::string reason_of(const std::exception& error) {
  const auto* of_torch = dynamic_cast<const c10::Error*>(&error);
  const std::string text = of_torch != nullptr ? of_torch->what_without_backtrace() : error.what();
  return text.substr(0, text.find('\n'));
}

class GlooProcesses : public Processes {
 public:
  GlooProcesses(const Membership& membership, c10::intrusive_ptr<c10d::Store> store, const std::string& interface,
                const std::string& address, std::chrono::milliseconds timeout)
      : Processes(membership.rank, membership.size) {
    const auto options = c10d::ProcessGroupGloo::Options::create(timeout);
    options->devices.push_back(interface.empty() ? c10d::ProcessGroupGloo::createDeviceForHostname(address)
                                                 : c10d::ProcessGroupGloo::createDeviceForInterface(interface));
    group_ = c10::make_intrusive<c10d::ProcessGroupGloo>(std::move(store), static_cast<int>(rank()),
                                                         static_cast<int>(size()), options);
  }

  void sum(Tensor& tensor) override {
    check(tensor.is_contiguous() && tensor.is_cpu(), "sums are of contiguous tensors on the CPU");
    std::vector<Tensor> tensors{tensor};
    wait("a sum", [&] { return group_->allreduce(tensors); });
  }

  Tensor gather(const Tensor& rows) override {
    std::vector<Tensor> own{rows.contiguous()};
    std::vector<std::vector<Tensor>> parts(1);
    for (int64_t i = 0; i < size(); ++i) parts[0].push_back(at::empty_like(own[0]));
    wait("the rows of all processes", [&] { return group_->allgather(parts, own); });
    return at::cat(parts[0]);
  }

  std::vector<std::string> exchange(const std::string& text) override {
    const Tensor lengths = gather(at::tensor({static_cast<int64_t>(text.size())}));
    const auto longest = lengths.max().item<int64_t>();
    Tensor own = at::zeros({1, std::max<int64_t>(longest, 1)}, at::kByte);
    std::copy(text.begin(), text.end(), own.mutable_data_ptr<uint8_t>());
    const Tensor all = gather(own);
    std::vector<std::string> texts;
    for (int64_t i = 0; i < size(); ++i) {
      const auto* begin = reinterpret_cast<const char*>(all[i].const_data_ptr<uint8_t>());
      texts.emplace_back(begin, begin + lengths[i].item<int64_t>());
    }
    return texts;
  }

 private:
  template <class Start>
  void wait(const char* what, const Start& start) {
    try {
      start()->wait();
    } catch (const std::exception& error) {
      throw Failure(
          fmt::format("rank {} of {} on {} waited for {}, but another process has gone or does not answer: {}", rank(),
                      size(), machine_name(), what, reason_of(error)));
    }
  }

  c10::intrusive_ptr<c10d::ProcessGroupGloo> group_;
};

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

// Tells the others where this process is, and learns it from them. Throws Failure that names the ranks that did not
// come, and Error for two with the same rank.
std::vector<std::pair<std::string, std::string>> meet(c10d::Store& store, const Membership& membership,
                                                      const std::string& address) {
  const auto key = [](int64_t rank) { return fmt::format("member/{}", rank); };
  require(store.add(fmt::format("claims/{}", membership.rank), 1) == 1,
          "two processes both say that they are rank {} of {} (from {})", membership.rank, membership.size,
          membership.from);
  store.set(key(membership.rank), machine_name() + " " + address);
  std::vector<std::pair<std::string, std::string>> members;
  std::vector<int64_t> missing;
  for (int64_t rank = 0; rank < membership.size; ++rank) {
    try {
      // Once one process did not come in time, no other is waited for.
      if (!missing.empty() && !store.check({key(rank)})) throw Failure("");
      const std::string text = store.get_to_str(key(rank));
      members.emplace_back(text.substr(0, text.find(' ')), text.substr(text.find(' ') + 1));
    } catch (const std::exception&) {
      missing.push_back(rank);
    }
  }
  if (missing.empty()) return members;
  throw Failure(fmt::format("rank {} of {} on {} waited at {}:{} for rank {}, which did not come within {} s",
                            membership.rank, membership.size, machine_name(), printable(membership.host),
                            membership.port, fmt::join(missing, ", "), store.getTimeout().count() / 1000));
}

}  // namespace

std::shared_ptr<Processes> join_processes(const Membership& membership, const std::string& interface,
                                          std::chrono::milliseconds timeout) {
  if (membership.size == 1) return single_process();
  // c10d writes its faults with their stacks to standard error before it throws them.
  FLAGS_caffe2_log_level = c10::GLOG_FATAL;
  const std::string address = own_address_towards(membership.host, membership.port);
  const c10::intrusive_ptr<c10d::Store> store = open_store(membership, timeout);
  const auto members = meet(*store, membership, address);
  const bool one_machine =
      std::ranges::all_of(members, [&](const auto& member) { return member.first == members[0].first; });
  const bool loopback = std::ranges::any_of(members, [](const auto& member) { return is_loopback(member.second); });
  require(one_machine || !loopback || !interface.empty(),
          "the processes are on several machines, but one of them would talk through its loopback address. Name the "
          "network interface with --interface, or let MASTER_ADDR be an address that all machines reach");
  log_info("rank {} of {} on {}, through {}", membership.rank, membership.size, machine_name(),
           interface.empty() ? address : interface);
  try {
    return std::make_shared<GlooProcesses>(membership, c10::make_intrusive<c10d::PrefixStore>("gloo", store), interface,
                                           address, timeout);
  } catch (const std::exception& error) {
    throw Failure(fmt::format("rank {} of {} on {} could not connect with the others: {}", membership.rank,
                              membership.size, machine_name(), reason_of(error)));
  }
}

}  // namespace massface
