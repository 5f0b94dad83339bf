#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/tensor.h"
#include "distributed/membership.h"

namespace massface {

// A sum that travels while the process goes on computing.
class PendingSum {
 public:
  virtual ~PendingSum() = default;
  // Returns once the tensor has the sums. Throws what Processes throws.
  virtual void wait() = 0;
};

// What a process has sent and how long it has waited, since it was started.
struct Traffic {
  int64_t messages = 0;
  int64_t bytes = 0;          // of tensors that were summed or gathered
  double seconds_waited = 0;  // within the calls, while nothing was computed
};

// Another process has gone, was stopped or cannot be reached.
class LostProcess : public Failure {
 public:
  using Failure::Failure;
};

// The processes of one training, and what they tell each other. All of them call the same functions in the same order,
// with tensors of the same type and shape. One process is the trivial case: what it is told is what it says.
//
// Functions throw LostProcess if another process has gone, was stopped or cannot be reached for longer than the
// time-out. It names that process and what this one waited for. A process that merely computes for long is waited for.
class Processes {
 public:
  Processes(int64_t rank, int64_t size, int64_t local_rank = 0) : rank_(rank), size_(size), local_rank_(local_rank) {}
  virtual ~Processes() = default;
  Processes(const Processes&) = delete;
  Processes& operator=(const Processes&) = delete;

  int64_t rank() const { return rank_; }
  int64_t size() const { return size_; }
  int64_t local_rank() const { return local_rank_; }  // among the processes of this machine
  // The first process alone writes files, and speaks for all of them.
  bool is_first() const { return rank_ == 0; }

  // Replaces the tensors' values by their sums over all processes: the same bits in each of them. Float32, float64 or
  // int64; tensors of one type travel together.
  virtual void sum(const std::vector<Tensor>& tensors) = 0;
  void sum(const Tensor& tensor) { sum(std::vector<Tensor>{tensor}); }

  // Starts to sum a contiguous tensor, which must not be touched before wait(). All processes start their sums in the
  // same order.
  virtual std::unique_ptr<PendingSum> start_sum(const Tensor& tensor) = 0;

  virtual Traffic traffic() const { return {}; }

  // Replaces the tensors' values by their means over all processes.
  void average(const std::vector<Tensor>& tensors);

  // What this process does, for the message of a Failure: "step 1200".
  virtual void now_at(const std::string& /*place*/) {}

  // Returns the rows of all processes, in the order of their ranks. rows: [N, ...] with the same N everywhere.
  virtual Tensor gather(const Tensor& rows) = 0;

  // Returns the text of each process, in the order of their ranks. Texts may differ in length.
  virtual std::vector<std::string> exchange(const std::string& text) = 0;

  // Returns the first process's text. The others' are ignored.
  virtual std::string from_first(const std::string& text) = 0;

  // Before the program ends with this message: returns whether the first process ends with the same one, which a person
  // then need not read twice. Takes a few seconds at most.
  virtual bool is_told_by_first(const std::string& message) = 0;

 private:
  int64_t rank_, size_, local_rank_;
};

std::shared_ptr<Processes> single_process();

// For measuring what one of `size` processes does and holds, without the others: this one is the first, and each of the
// others tells it what it says itself. Sums remain its own share.
std::shared_ptr<Processes> imagined_processes(int64_t size);

// Meets the others at the membership's store and connects with them through PyTorch's c10d: Gloo between CPUs.
// interface: the network interface to use, such as "eth0"; empty: that of the address from which this machine reaches
// the store. Throws Failure, naming what it waited for, if the processes do not meet within the time-out, and Error if
// processes on several machines would talk through loopback addresses. From then on this process ignores SIGPIPE.
std::shared_ptr<Processes> join_processes(const Membership& membership, const std::string& interface,
                                          std::chrono::milliseconds timeout);

}  // namespace massface
