#pragma once

#include <functional>

#include "core/tensor.h"

namespace massface {

// How long the device is at the work, in milliseconds: on a GPU between two CUDA events around what the work sends
// there, after everything before it; on the CPU by the clock. Waits for the end.
double device_milliseconds(at::Device device, const std::function<void()>& work);

}  // namespace massface
