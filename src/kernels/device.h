#pragma once

#include <cstdint>
#include <string>

#include "core/tensor.h"

namespace massface {

// `device = auto | cpu | cuda:N`. auto is cuda:0 where this build has CUDA and a GPU answers, else cpu.
// Throws Error for another text, for CUDA in a CPU build (it names ./run setup --cuda), and for a GPU that is not
// there.
at::Device resolve_device(const std::string& name);

// Threads of LibTorch's and our kernels, as resolve_threads() takes them; warns when they are more than the cores.
// Returns the number set.
int64_t set_compute_threads(int64_t threads);

// Of the libraries' kernels, only those that give the same bits each time (cuDNN has faster backward passes that add in
// any order). For the whole process.
void use_deterministic_kernels();

// What bit-exact results depend on besides the inputs: "cpu AMD EPYC, ATen AVX512, ours AVX3, 2 threads, LibTorch
// 2.11.0".
std::string kernel_path(at::Device device);

// From a page that the host pinned, asynchronously, on a GPU; itself on the CPU.
Tensor to_device(const Tensor& tensor, at::Device device);

}  // namespace massface
