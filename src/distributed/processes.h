#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/tensor.h"
#include "distributed/membership.h"

namespace massface {

// The processes of one training, and what they tell each other. All of them call the same functions in the same order,
// with tensors of the same type and shape. One process is the trivial case: what it is told is what it says.
//
// Functions throw Failure if another process does not take part within the time-out, or has gone.
class Processes {
 public:
  Processes(int64_t rank, int64_t size) : rank_(rank), size_(size) {}
  virtual ~Processes() = default;
  Processes(const Processes&) = delete;
  Processes& operator=(const Processes&) = delete;

  int64_t rank() const { return rank_; }
  int64_t size() const { return size_; }
  // The first process alone writes files, and speaks for all of them.
  bool is_first() const { return rank_ == 0; }

  // Replaces the tensor's values by their sums over all processes: the same bits in each of them. Float32, float64 or
  // int64, contiguous.
  virtual void sum(Tensor& tensor) = 0;

  // Returns the rows of all processes, in the order of their ranks. rows: [N, ...] with the same N everywhere.
  virtual Tensor gather(const Tensor& rows) = 0;

  // Returns the text of each process, in the order of their ranks. Texts may differ in length.
  virtual std::vector<std::string> exchange(const std::string& text) = 0;

 private:
  int64_t rank_, size_;
};

std::shared_ptr<Processes> single_process();

// Meets the others at the membership's store and connects with them through PyTorch's c10d: Gloo between CPUs.
// interface: the network interface to use, such as "eth0"; empty: that of the address from which this machine reaches
// the store. Throws Failure, naming what it waited for, if the processes do not meet within the time-out, and Error if
// processes on several machines would talk through loopback addresses.
std::shared_ptr<Processes> join_processes(const Membership& membership, const std::string& interface,
                                          std::chrono::milliseconds timeout);

}  // namespace massface
