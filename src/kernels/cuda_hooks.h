#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "core/tensor.h"
#include "kernels/device_graph.h"

// Everything that the rest of the program needs from CUDA. Builds with CUDA link cuda_hooks_cuda.cpp and *.cu; builds
// without link no_cuda.cpp, which has no device and fails a check() in every call that needs one.
namespace massface::cuda_hooks {

bool built_with_cuda();
int64_t num_devices();
std::string device_name(int64_t index);
int64_t peak_memory_bytes(int64_t index);
int64_t free_memory_bytes(int64_t index);
Tensor normalize_images(const Tensor& images, double mean, double scale, bool bgr);
std::unique_ptr<DeviceGraph> make_graph(int64_t index);
double milliseconds(int64_t index, const std::function<void()>& work);

}  // namespace massface::cuda_hooks
