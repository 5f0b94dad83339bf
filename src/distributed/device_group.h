#pragma once

#include <chrono>
#include <torch/csrc/distributed/c10d/Backend.hpp>
#include <torch/csrc/distributed/c10d/Store.hpp>

namespace massface {

// Returns a group of processes that exchanges tensors of their GPUs without the CPU's memory (NCCL). Null in a build
// without CUDA or NCCL, whose messages pass through the CPU's memory and Gloo. store: where the group meets. timeout:
// after which NCCL gives up; longer than the heartbeat's, which says who is missing.
c10::intrusive_ptr<c10d::Backend> make_device_group(const c10::intrusive_ptr<c10d::Store>& store, int64_t rank,
                                                    int64_t size, std::chrono::milliseconds timeout);

}  // namespace massface
