// The only source that includes c10d's Gloo. The definition must precede its header, which uses the headers of Debian's
// libgloo-dev: these are older than the library within LibTorch, so nothing here constructs or derives from gloo's
// classes.
#define USE_C10D_GLOO
#include <ATen/ATen.h>
#include <c10/util/Exception.h>
#include <c10/util/Logging.h>
#include <fmt/ranges.h>
#include <sched.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <sstream>
#include <thread>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include "core/error.h"
#include "core/files.h"
#include "core/log.h"
#include "core/stopwatch.h"
#include "core/threads.h"
#include "distributed/device_group.h"
#include "distributed/heartbeat.h"
#include "distributed/own_address.h"
#include "distributed/processes.h"
#include "distributed/processors.h"

namespace massface {
namespace {

// The first line of what c10d says, which continues with a stack.
std::string reason_of(const std::exception& error) {
  const auto* of_torch = dynamic_cast<const c10::Error*>(&error);
  const std::string text = of_torch != nullptr ? of_torch->what_without_backtrace() : error.what();
  return text.substr(0, text.find('\n'));
}

std::set<pid_t> own_threads() {
  std::set<pid_t> threads;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/task")) {
    threads.insert(std::stoi(entry.path().filename()));
  }
  return threads;
}

// Calls `start`, and lets the threads that it starts never interrupt others (SCHED_BATCH). Gloo's thread that watches
// the network asks again and again while another of its threads holds the connection. On the same core it would keep
// that one from finishing for a whole time slice: a small message took 2.7 ms instead of 0.3.
template <class Start>
auto with_patient_threads(const Start& start) {
  const std::set<pid_t> before = own_threads();
  auto result = start();
  for (const pid_t thread : own_threads()) {
    const sched_param priority{};
    if (!before.contains(thread)) ::sched_setscheduler(thread, SCHED_BATCH, &priority);
  }
  return result;
}

class GlooProcesses : public Processes {
 public:
  GlooProcesses(const Membership& membership, std::vector<std::string> hosts, c10::intrusive_ptr<c10d::Store> store,
                const std::string& interface, const std::string& address, std::chrono::milliseconds timeout)
      : Processes(membership.rank, membership.size, membership.local_rank),
        hosts_(std::move(hosts)),
        timeout_(timeout),
        heartbeat_(membership, timeout),
        store_(store) {
    const auto options = c10d::ProcessGroupGloo::Options::create(timeout);
    options->devices.push_back(with_patient_threads([&] {
      return interface.empty() ? c10d::ProcessGroupGloo::createDeviceForHostname(address)
                               : c10d::ProcessGroupGloo::createDeviceForInterface(interface);
    }));
    group_ = c10::make_intrusive<c10d::ProcessGroupGloo>(std::move(store), static_cast<int>(rank()),
                                                         static_cast<int>(size()), options);
    // The processes have met; from now on the heartbeat decides who is missing.
    group_->setTimeout(kTimeoutsOfCollective * timeout);
  }

  // The group lives until the program ends, as does this object. Its destructor would wait for its threads: for five
  // seconds if it is unlucky, and without end if one of them waits for a process that has gone.
  ~GlooProcesses() override {
    static_cast<void>(group_.release());
    static_cast<void>(device_group_.release());
  }

  void sum(const std::vector<Tensor>& tensors) override {
    const at::NoGradGuard no_grad;
    std::map<at::ScalarType, std::vector<Tensor>> of_type;
    for (const Tensor& tensor : tensors) of_type[tensor.scalar_type()].push_back(tensor);
    for (const auto& [type, list] : of_type) sum_of_type(list);
  }

  std::unique_ptr<PendingSum> start_sum(const Tensor& tensor) override {
    check(tensor.is_contiguous(), "the numbers of a sum are contiguous");
    return std::make_unique<Travelling>(*this, tensor);
  }

  Traffic traffic() const override { return traffic_; }

  Tensor gather(const Tensor& rows) override {
    std::vector<Tensor> own{sendable(rows.contiguous())};
    std::vector<std::vector<Tensor>> parts(1);
    for (int64_t i = 0; i < size(); ++i) parts[0].push_back(at::empty_like(own[0]));
    count(own[0]);
    wait("the rows of all processes", [&] { return group_of(own[0]).allgather(parts, own); });
    return at::cat(parts[0]).to(rows.device());
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

  std::string from_first(const std::string& text) override {
    Tensor length = at::tensor({static_cast<int64_t>(text.size())});
    broadcast(length);
    Tensor bytes = at::empty({length.item<int64_t>()}, at::kByte);
    if (is_first()) std::copy(text.begin(), text.end(), bytes.mutable_data_ptr<uint8_t>());
    if (bytes.numel() > 0) broadcast(bytes);
    const auto* begin = reinterpret_cast<const char*>(bytes.const_data_ptr<uint8_t>());
    return {begin, begin + bytes.numel()};
  }

  void now_at(const std::string& place) override { place_ = place; }

  bool is_told_by_first(const std::string& message) override {
    heartbeat_.leave_message(message);
    if (is_first()) return false;
    // The first process may meet the same a little later.
    const Stopwatch watch;
    std::string of_first;
    while (of_first.empty() && watch.seconds() < kSecondsForFirst) {
      of_first = heartbeat_.message_of(0);
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return of_first == message;
  }

 private:
  static constexpr double kSecondsForFirst = 3;
  // Bounds what a heartbeat cannot see: processes that all live but wait for different things.
  static constexpr int64_t kTimeoutsOfCollective = 100;

  void broadcast(Tensor& tensor) {
    std::vector<Tensor> tensors{tensor};
    wait("what the first process says", [&] { return group_->broadcast(tensors); });
  }

  // Sums the tensors as one message.
  void sum_of_type(const std::vector<Tensor>& list) {
    std::vector<Tensor> parts;
    for (const Tensor& tensor : list) parts.push_back(tensor.detach().reshape({-1}));
    std::vector<Tensor> message{sendable(at::cat(parts))};
    count(message[0]);
    wait("a sum", [&] { return group_of(message[0]).allreduce(message); });
    int64_t begin = 0;
    for (const Tensor& tensor : list) {
      tensor.detach().copy_(message[0].slice(0, begin, begin + tensor.numel()).view(tensor.sizes()));
      begin += tensor.numel();
    }
  }

  class Travelling : public PendingSum {
   public:
    Travelling(GlooProcesses& processes, const Tensor& tensor)
        : processes_(processes), tensor_(tensor), message_{processes.sendable(tensor)} {
      processes_.count(tensor);
      try {
        work_ = start();
      } catch (const std::exception&) {
        // wait() tries again, and says why it fails.
      }
    }
    void wait() override {
      processes_.wait("a sum", [&] { return work_ ? work_ : start(); });
      if (!message_[0].is_same(tensor_)) tensor_.copy_(message_[0]);
    }

   private:
    c10::intrusive_ptr<c10d::Work> start() { return processes_.group_of(message_[0]).allreduce(message_); }

    GlooProcesses& processes_;
    Tensor tensor_;
    std::vector<Tensor> message_;
    c10::intrusive_ptr<c10d::Work> work_;
  };

  // Returns the tensor where it can be sent from: on its GPU if there is a group for that, else on the CPU. The first
  // tensor of a GPU makes the group; all processes meet it at the same place.
  Tensor sendable(const Tensor& tensor) {
    if (tensor.is_cpu()) return tensor;
    if (!asked_for_device_group_) {
      asked_for_device_group_ = true;
      device_group_ = make_device_group(store_, rank(), size(), kTimeoutsOfCollective * timeout_);
    }
    return device_group_ ? tensor : tensor.cpu();
  }

  c10d::Backend& group_of(const Tensor& tensor) {
    return tensor.is_cpu() ? static_cast<c10d::Backend&>(*group_) : *device_group_;
  }

  void count(const Tensor& tensor) {
    ++traffic_.messages;
    traffic_.bytes += static_cast<int64_t>(tensor.nbytes());
  }

  // Starts a collective and waits for its end, looking after the other processes meanwhile.
  template <class Start>
  void wait(const char* what, const Start& start) {
    const Stopwatch watch;
    wait_for_end(what, start);
    traffic_.seconds_waited += watch.seconds();
  }

  template <class Start>
  void wait_for_end(const char* what, const Start& start) {
    try {
      const auto work = start();
      while (true) {
        try {
          wait_a_while(*work);
          if (!device_group_) return;
        } catch (const std::exception&) {
          // It has failed, or the slice of time is over.
        }
        if (work->isCompleted()) {
          work->wait();
          return;
        }
        require_all_alive(what);
      }
    } catch (const LostProcess&) {
      throw;
    } catch (const std::exception& error) {
      throw LostProcess(fmt::format("{} {}: {}", waited_for(what), who_left(), reason_of(error)));
    }
  }

  // Returns when the work has ended or, on a GPU, when the slice of time is over. Throws if it is over on the CPU, or
  // if the work has failed.
  void wait_a_while(c10d::Work& work) {
    if (!device_group_) {
      work.wait(kSlice);
      return;
    }
    // NCCL's own wait would give up its group at the end of the slice.
    constexpr std::chrono::microseconds kPause{50};
    const Stopwatch watch;
    while (!work.isCompleted() && watch.seconds() < 1e-3 * static_cast<double>(kSlice.count())) {
      std::this_thread::sleep_for(kPause);
    }
  }

  std::string waited_for(const char* what) const {
    return fmt::format("rank {} of {} on {}{} waited for {}, but", rank(), size(), machine_name(),
                       place_.empty() ? "" : ", at " + place_ + ",", what);
  }

  std::string name_of(int64_t rank) const {
    return fmt::format("rank {} on {}", rank, hosts_[static_cast<size_t>(rank)]);
  }

  // Throws Failure for a process that has been silent for the whole time-out.
  void require_all_alive(const char* what) {
    const std::vector<double> silence = heartbeat_.seconds_of_silence();
    for (int64_t other = 0; other < size(); ++other) {
      const double seconds = silence[static_cast<size_t>(other)];
      if (seconds * 1e3 < static_cast<double>(timeout_.count()) || heartbeat_.misses_another(other)) continue;
      heartbeat_.say_that_one_is_missing();
      throw LostProcess(
          fmt::format("{} {} has not answered for {:.0f} s: it was killed or stopped, or its network is cut",
                      waited_for(what), name_of(other), seconds));
    }
  }

  // Called when a connection has broken. Those who noticed it too live on for a while, so that silence tells who has
  // gone.
  std::string who_left() {
    heartbeat_.say_that_one_is_missing();
    heartbeat_.seconds_of_silence();
    std::this_thread::sleep_for(3 * heartbeat_.interval());
    const std::vector<double> silence = heartbeat_.seconds_of_silence();
    std::vector<std::string> silent, ended;
    for (int64_t other = 0; other < size(); ++other) {
      if (heartbeat_.misses_another(other)) continue;
      if (const std::string message = heartbeat_.message_of(other); !message.empty()) {
        ended.push_back(fmt::format("{} has ended ({})", name_of(other), message));
      } else if (silence[static_cast<size_t>(other)] > 2e-3 * static_cast<double>(heartbeat_.interval().count())) {
        silent.push_back(name_of(other));
      }
    }
    if (!silent.empty()) return fmt::format("{} has gone", fmt::join(silent, " and "));
    return ended.empty() ? "the connection is broken" : ended.front();
  }

  static constexpr std::chrono::milliseconds kSlice{1000};

  const std::vector<std::string> hosts_;
  const std::chrono::milliseconds timeout_;
  std::string place_;
  Traffic traffic_;
  Heartbeat heartbeat_;
  c10::intrusive_ptr<c10d::Store> store_;
  c10::intrusive_ptr<c10d::ProcessGroupGloo> group_;
  c10::intrusive_ptr<c10d::Backend> device_group_;  // null without GPUs
  bool asked_for_device_group_ = false;
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
  try {
    std::vector<std::string> hosts;
    for (const Member& member : members) hosts.push_back(member.host);
    auto processes = std::make_shared<GlooProcesses>(membership, std::move(hosts),
                                                     c10::make_intrusive<c10d::PrefixStore>("gloo", store), interface,
                                                     address, timeout);
    // Nobody leaves before all are connected, which would look like a broken connection.
    processes->gather(at::zeros({1}));
    return processes;
  } catch (const std::exception& error) {
    throw Failure(fmt::format("rank {} of {} on {} could not connect with the others: {}", membership.rank,
                              membership.size, machine_name(), reason_of(error)));
  }
}

}  // namespace massface
