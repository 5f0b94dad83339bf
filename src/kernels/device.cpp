#include "kernels/device.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <torch/version.h>

#include <charconv>
#include <fstream>
#include <string_view>

#include "core/error.h"
#include "core/files.h"
#include "core/log.h"
#include "core/threads.h"
#include "kernels/cuda_hooks.h"
#include "kernels/dispatch.h"

namespace massface {
namespace {

// Returns the N of cuda:N, or -1 for any other text.
int64_t gpu_index(std::string_view name) {
  constexpr std::string_view kPrefix = "cuda:";
  if (!name.starts_with(kPrefix)) return -1;
  name.remove_prefix(kPrefix.size());
  int8_t index = -1;  // the type in which at::Device stores it
  const auto [end, mistake] = std::from_chars(name.data(), name.data() + name.size(), index);
  return mistake == std::errc() && end == name.data() + name.size() ? index : -1;
}

std::string processor_name() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("model name")) continue;
    const size_t value = line.find_first_not_of(" \t", line.find(':') + 1);
    return value == std::string::npos ? "unknown" : printable(line.substr(value));
  }
  return "unknown";
}

}  // namespace

at::Device resolve_device(const std::string& name) {
  if (name == "cpu") return at::Device(at::kCPU);
  const int64_t num_gpus = cuda_hooks::num_devices();
  if (name == "auto") return num_gpus > 0 ? at::Device(at::kCUDA, 0) : at::Device(at::kCPU);

  const int64_t index = gpu_index(name);
  require(index >= 0, "device: \"{}\" is not one of auto, cpu, cuda:N (N from 0).", printable(name));
  require(cuda_hooks::built_with_cuda(),
          "device: {} was requested, but this is a CPU build. Run ./run setup --cuda and build again, or choose "
          "device=cpu.",
          name);
  const std::string there = num_gpus == 0 ? "device=cpu" : fmt::format("cuda:0 to cuda:{}", num_gpus - 1);
  require(index < num_gpus, "device: {} was requested, but {} GPUs are available. Choose {}.", name, num_gpus, there);
  return at::Device(at::kCUDA, static_cast<at::DeviceIndex>(index));
}

int64_t set_compute_threads(int64_t threads) {
  const int64_t resolved = resolve_threads(threads);
  if (resolved > available_cores()) {
    log_warning(
        "threads is {}, but this process may use {} cores: threads beyond that wait for each other and slow everything "
        "down",
        resolved, available_cores());
  }
  at::set_num_threads(static_cast<int>(resolved));
  return resolved;
}

void use_deterministic_kernels() {
  at::globalContext().setDeterministicCuDNN(true);
  at::globalContext().setBenchmarkCuDNN(false);
}

std::string kernel_path(at::Device device) {
  if (device.is_cuda()) {
    return fmt::format("{}, LibTorch {}", cuda_hooks::device_name(device.index()), TORCH_VERSION);
  }
  return fmt::format("cpu {}, ATen {}, ours {}, LibTorch {}", processor_name(), at::get_cpu_capability(),
                     vector_target(), TORCH_VERSION);
}

Tensor to_device(const Tensor& tensor, at::Device device) {
  if (tensor.device() == device) return tensor;
  if (!device.is_cuda()) return tensor.to(device);
  // Only a copy from pinned memory can overlap with the computation.
  return tensor.pin_memory().to(device, /*non_blocking=*/true);
}

}  // namespace massface
