#pragma once

// The one place that launches kernels: every .cu file includes this header. nvcc compiles the .cu files for GPUs; the
// tests compile them once more as C++ (kernels/testing_device.h).
#ifdef __CUDACC__

#include <stdexcept>

namespace massface {

// Starts the kernel on the stream, of which the host does not wait. Throws std::runtime_error if the device refuses:
// that should be a Failure, but nvcc cannot read the C++20 header that declares it.
template <class... Parameters, class... Arguments>
void launch_kernel(void (*kernel)(Parameters...), dim3 grid, dim3 block, CUstream_st* stream,
                   const Arguments&... arguments) {
  kernel<<<grid, block, 0, stream>>>(arguments...);
  const cudaError_t status = cudaGetLastError();
  if (status != cudaSuccess) throw std::runtime_error(cudaGetErrorString(status));
}

}  // namespace massface

#else
#include "kernels/testing_device.h"
#endif
