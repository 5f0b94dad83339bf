#pragma once

#include <functional>

#include "core/tensor.h"

namespace massface {

// Returns how long the device takes for the work, in milliseconds. On a GPU this is the time between two CUDA events,
// recorded before and after what the work launches; work launched earlier does not count. On the CPU it is wall-clock
// time. Waits for the work to finish.
double device_milliseconds(at::Device device, const std::function<void()>& work);

}  // namespace massface
