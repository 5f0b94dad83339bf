#pragma once

#include <string>
#include <vector>

#include "core/tensor.h"

// The option `precision = auto | fp32 | bf16` of a network's layers.
namespace massface {

std::vector<std::string> precision_names();

// Return whether a choice among precision_names() means bf16 on this device. auto is bf16 on a GPU. On a CPU, training
// is in bf16 only if asked for: it halves the memory whatever the processor. Inference is in bf16, under auto as well
// as under bf16, if the processor multiplies it faster than float32. kernels: the option backbone.kernels. PyTorch's
// layers
// ("reference") infer in bf16 whenever it is asked for, since they have products of their own.
bool trains_in_bf16(const std::string& precision, at::Device device);
bool infers_in_bf16(const std::string& precision, at::Device device, const std::string& kernels);

// Returns "fp32", "bf16", or, on a CPU, also how bfloat16 numbers are multiplied: "bf16 (AMX tiles)", or "bf16
// (PyTorch)" with the kernels "reference".
std::string describe_precision(bool bf16, at::Device device, const std::string& kernels);

}  // namespace massface
