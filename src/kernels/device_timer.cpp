#include "kernels/device_timer.h"

#include "core/stopwatch.h"
#include "kernels/cuda_hooks.h"

namespace massface {

double device_milliseconds(at::Device device, const std::function<void()>& work) {
  if (device.is_cuda()) return cuda_hooks::milliseconds(device.index(), work);
  const Stopwatch watch;
  work();
  return 1e3 * watch.seconds();
}

}  // namespace massface
