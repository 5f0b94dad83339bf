#pragma once

#include <cstdint>
#include <string>

#include "core/tensor.h"

namespace massface {

// Resolves the option `device = auto | cpu | cuda:N`. auto is cuda:0 if this build has CUDA and a GPU is available,
// else cpu. Throws Error for any other text, for CUDA in a CPU build (the message names ./run setup --cuda), and for a
// GPU that does not exist.
at::Device resolve_device(const std::string& name);

// Sets the number of threads of LibTorch's and our kernels, given as for resolve_threads(). Warns if there are more
// threads than cores. Returns the number set.
int64_t set_compute_threads(int64_t threads);

// Restricts libraries to kernels that give the same bits each time (cuDNN has faster backward passes that add in any
// order). This affects the whole process.
void use_deterministic_kernels();

// Describes the kernels that bit-exact results depend on, besides the inputs and the number of threads: "cpu AMD EPYC,
// ATen AVX512, ours AVX3, LibTorch 2.11.0".
std::string kernel_path(at::Device device);

// Copies the tensor to the device: to a GPU asynchronously, from pinned host memory. Returns the tensor itself if it is
// on the device already.
Tensor to_device(const Tensor& tensor, at::Device device);

}  // namespace massface
