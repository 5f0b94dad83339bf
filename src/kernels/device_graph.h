#pragma once

#include <functional>
#include <memory>

#include "core/tensor.h"

namespace massface {

// Work on a device that is recorded once and then done again as often as asked, from and to the same memory. On a GPU
// it is a CUDA graph: one launch in the place of thousands, which small layers would otherwise wait for.
class DeviceGraph {
 public:
  virtual ~DeviceGraph() = default;

  // work: kernels and memory of the device alone, the same each time; it never asks the device for a number. On a GPU
  // nothing of it is done yet, and tensors that it leaves behind are those that replay() fills; what the work throws
  // comes out (an operation that cannot be recorded does), and the graph is not to be used. Must be called once.
  virtual void capture(const std::function<void()>& work) = 0;

  // Does it, in the order of the current stream. The host does not wait.
  virtual void replay() = 0;
};

// On the CPU, the twin: replay() calls the work.
std::unique_ptr<DeviceGraph> make_device_graph(at::Device device);

}  // namespace massface
