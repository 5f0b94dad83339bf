#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <torch/csrc/distributed/c10d/Store.hpp>
#include <vector>

#include "distributed/membership.h"
#include "distributed/processes.h"

namespace massface {

// How a process connects with the others, once they have met at the store.
struct Connection {
  c10::intrusive_ptr<c10d::Store> store;  // where Gloo and NCCL exchange their addresses
  std::vector<std::string> hosts;         // of each rank
  std::string interface;                  // such as "eth0"; empty: that of the address
  std::string address;                    // of this machine
  std::chrono::milliseconds timeout;
};

// Connects with the other processes by Gloo. Returns when all are connected. Throws Failure if they cannot be.
std::shared_ptr<Processes> make_gloo_processes(const Membership& membership, const Connection& connection);

// The first line of what c10d says, which continues with a stack.
std::string reason_of(const std::exception& error);

}  // namespace massface
