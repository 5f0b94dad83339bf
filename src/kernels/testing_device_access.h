#pragma once

#include <cstddef>
#include <string>

#include "kernels/testing_device_memory.h"

// How the calls that the compiler inserts into kernels reach the testing device (kernels/testing_device.h).
namespace massface {

// Ends the launch with a DeviceFault if the running thread must not do this. Outside of a kernel, does nothing.
void note_device_access(const void* address, size_t bytes, Access access);

// Ends the launch with a DeviceFault. Outside of a kernel, prints and aborts.
[[noreturn]] void fail_device(const std::string& what);

}  // namespace massface
