#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "core/tensor.h"
#include "kernels/device_graph.h"

// What the rest of the program asks of CUDA. cuda_hooks_cuda.cpp and *.cu answer where CUDA is linked, no_cuda.cpp
// where it is not (no device, and check() failures for the rest).
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
