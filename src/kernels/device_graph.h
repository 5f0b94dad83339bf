#pragma once

#include <functional>
#include <memory>

#include "core/tensor.h"

namespace massface {

// Work on a device that is recorded once and then repeated as often as needed, reading and writing the same memory. On
// a GPU it is a CUDA graph: a single launch instead of thousands, which small layers would otherwise wait for.
class DeviceGraph {
 public:
  virtual ~DeviceGraph() = default;

  // Records `work`. Must be called exactly once. The work may only use kernels and memory of the device, must be the
  // same each time, and must never read a number back from the device. On a GPU nothing is executed yet: replay() fills
  // the tensors that the work creates. Passes on whatever the work throws (an operation that cannot be recorded
  // throws); the graph must not be used after that.
  virtual void capture(const std::function<void()>& work) = 0;

  // Runs the recorded work, in the order of the current stream. The host does not wait for it.
  virtual void replay() = 0;
};

// Returns a CUDA graph on a GPU, and on the CPU its twin, whose replay() calls the work.
std::unique_ptr<DeviceGraph> make_device_graph(at::Device device);

}  // namespace massface
