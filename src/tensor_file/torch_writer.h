#pragma once

#include <cstdint>
#include <vector>

#include "tensor_file/safetensors.h"

namespace massface {

// Returns the file that torch.save would write for an OrderedDict of these tensors (PyTorch 1.6 and newer): a zip
// archive with a pickle and one storage for each tensor. torch.load(file, weights_only=True) returns the state
// dictionary, and read_torch_file() reads it. The bytes depend on names and values alone; the metadata is left out, as
// a state dictionary has no place for it. dtypes: float, double, half, bfloat16, int64, int32, uint8, bool. Throws
// Failure if there is not enough memory.
std::vector<uint8_t> encode_torch_file(const NamedTensors& tensors);

}  // namespace massface
