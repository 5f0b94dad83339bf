#include "core/error.h"
#include "kernels/cuda_hooks.h"

namespace massface::cuda_hooks {

bool built_with_cuda() { return false; }
int64_t num_devices() { return 0; }

std::string device_name(int64_t) {
  check(false, "a CPU build has no GPU to name");
  return {};
}

int64_t peak_memory_bytes(int64_t) { return 0; }
int64_t free_memory_bytes(int64_t) { return 0; }

std::unique_ptr<DeviceGraph> make_graph(int64_t) {
  check(false, "a CPU build does not record graphs on a GPU");
  return nullptr;
}

double milliseconds(int64_t, const std::function<void()>&) {
  check(false, "a CPU build does not time a GPU");
  return 0;
}

Tensor normalize_images(const Tensor&, double, double, bool) {
  check(false, "a CPU build has no tensors on a GPU");
  return {};
}

}  // namespace massface::cuda_hooks
