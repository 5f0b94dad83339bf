// The only source that includes c10d's Gloo. The definition must precede its header, which uses the headers of Debian's
// libgloo-dev: these are older than the library within LibTorch, so nothing here constructs or derives from gloo's
// classes.
#define USE_C10D_GLOO
#include "distributed/gloo_processes.h"

#include <ATen/ATen.h>
#include <c10/util/Exception.h>
#include <sched.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <thread>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>

#include "core/error.h"
#include "core/stopwatch.h"
#include "distributed/device_group.h"
#include "distributed/lookout.h"
#include "distributed/own_address.h"

namespace massface {
namespace {

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
  GlooProcesses(const Membership& membership, const Connection& connection)
      : Processes(membership.rank, membership.size, membership.local_rank),
        timeout_of_collective_(kTimeoutsOfCollective * connection.timeout),
        lookout_(membership, connection.hosts, connection.timeout),
        store_(connection.store) {
    const auto options = c10d::ProcessGroupGloo::Options::create(connection.timeout);
    options->devices.push_back(with_patient_threads([&] {
      return connection.interface.empty() ? c10d::ProcessGroupGloo::createDeviceForHostname(connection.address)
                                          : c10d::ProcessGroupGloo::createDeviceForInterface(connection.interface);
    }));
    group_ = c10::make_intrusive<c10d::ProcessGroupGloo>(store_, static_cast<int>(rank()), static_cast<int>(size()),
                                                         options);
    // The processes have met; from now on the lookout decides who is missing.
    group_->setTimeout(timeout_of_collective_);
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

  void now_at(const std::string& place) override { lookout_.now_at(place); }

  bool is_told_by_first(const std::string& message) override { return lookout_.is_told_by_first(message); }

 private:
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
      device_group_ = make_device_group(store_, rank(), size(), timeout_of_collective_);
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
        lookout_.require_all_alive(what);
      }
    } catch (const LostProcess&) {
      throw;
    } catch (const std::exception& error) {
      throw lookout_.broken_connection(what, reason_of(error));
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

  static constexpr std::chrono::milliseconds kSlice{1000};

  const std::chrono::milliseconds timeout_of_collective_;
  Traffic traffic_;
  Lookout lookout_;
  c10::intrusive_ptr<c10d::Store> store_;
  c10::intrusive_ptr<c10d::ProcessGroupGloo> group_;
  c10::intrusive_ptr<c10d::Backend> device_group_;  // null without GPUs
  bool asked_for_device_group_ = false;
};

}  // namespace

std::string reason_of(const std::exception& error) {
  const auto* of_torch = dynamic_cast<const c10::Error*>(&error);
  const std::string text = of_torch != nullptr ? of_torch->what_without_backtrace() : error.what();
  return text.substr(0, text.find('\n'));
}

std::shared_ptr<Processes> make_gloo_processes(const Membership& membership, const Connection& connection) {
  try {
    auto processes = std::make_shared<GlooProcesses>(membership, connection);
    // Nobody leaves before all are connected, which would look like a broken connection.
    processes->gather(at::zeros({1}));
    return processes;
  } catch (const std::exception& error) {
    throw Failure(fmt::format("rank {} of {} on {} could not connect with the others: {}", membership.rank,
                              membership.size, machine_name(), reason_of(error)));
  }
}

}  // namespace massface
