#include <ATen/ATen.h>
#include <ATen/cuda/CUDAEvent.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAFunctions.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>
#include <cuda_runtime.h>

#include "core/error.h"
#include "kernels/cuda_hooks.h"
#include "kernels/normalize_images_cuda.h"

namespace massface::cuda_hooks {

bool built_with_cuda() { return true; }

int64_t num_devices() { return c10::cuda::device_count(); }

std::string device_name(int64_t index) {
  cudaDeviceProp properties{};
  const cudaError_t status = cudaGetDeviceProperties(&properties, static_cast<int>(index));
  if (status != cudaSuccess) throw Failure(fmt::format("cuda:{}: {}", index, cudaGetErrorString(status)));
  return fmt::format("{} (sm_{}{})", properties.name, properties.major, properties.minor);
}

int64_t peak_memory_bytes(int64_t index) {
  const auto stats = c10::cuda::CUDACachingAllocator::getDeviceStats(static_cast<c10::DeviceIndex>(index));
  // The first statistic is the total over small and large blocks.
  return stats.allocated_bytes[0].peak;
}

int64_t free_memory_bytes(int64_t index) {
  const c10::cuda::CUDAGuard guard(static_cast<c10::DeviceIndex>(index));
  size_t free = 0, whole = 0;
  const cudaError_t status = cudaMemGetInfo(&free, &whole);
  if (status != cudaSuccess) throw Failure(fmt::format("cuda:{}: {}", index, cudaGetErrorString(status)));
  return static_cast<int64_t>(free);
}

double milliseconds(int64_t index, const std::function<void()>& work) {
  const c10::cuda::CUDAGuard guard(static_cast<c10::DeviceIndex>(index));
  const auto stream = c10::cuda::getCurrentCUDAStream(static_cast<c10::DeviceIndex>(index));
  at::cuda::CUDAEvent begin(cudaEventDefault), end(cudaEventDefault);
  begin.record(stream);
  work();
  end.record(stream);
  end.synchronize();
  return begin.elapsed_time(end);
}

Tensor normalize_images(const Tensor& images, double mean, double scale, bool bgr) {
  const c10::cuda::CUDAGuard guard(images.device());  // a kernel runs on the current device, not on its stream's
  Tensor values = at::empty(images.sizes(), images.options().dtype(at::kFloat));
  normalize_images_cuda(images.const_data_ptr<uint8_t>(), values.mutable_data_ptr<float>(), images.numel(),
                        static_cast<float>(mean), static_cast<float>(scale), bgr,
                        c10::cuda::getCurrentCUDAStream(images.device().index()).stream());
  return values.permute({0, 3, 1, 2});
}

}  // namespace massface::cuda_hooks
