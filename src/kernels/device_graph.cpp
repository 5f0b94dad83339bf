#include "kernels/device_graph.h"

#include "kernels/cuda_hooks.h"

namespace massface {
namespace {

class CpuGraph : public DeviceGraph {
 public:
  void capture(const std::function<void()>& work) override { work_ = work; }
  void replay() override { work_(); }

 private:
  std::function<void()> work_;
};

}  // namespace

std::unique_ptr<DeviceGraph> make_device_graph(at::Device device) {
  if (device.is_cuda()) return cuda_hooks::make_graph(device.index());
  return std::make_unique<CpuGraph>();
}

}  // namespace massface
