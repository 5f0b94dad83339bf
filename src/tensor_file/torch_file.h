#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "tensor_file/safetensors.h"

namespace massface {

// What torch.save wrote: a zip archive with a pickle and storages (PyTorch 1.6 and newer), or the sequence of pickles
// and storages before that. State dictionaries, nested dicts and lists of tensors; names are joined by dots
// ("net_state_dict.conv1.weight"), values that are no tensors left out. Nothing in the file is executed: see
// tensor_file/pickle.h. dtypes: those of safetensors. Tensors own their memory, on the CPU, contiguous.
// Throws Error that names the file and what is wrong with it: not a PyTorch file, truncated, a TorchScript archive, a
// pickle that names anything but tensors' constructors (whole networks that were saved, or an attack), tensors outside
// their storage.
NamedTensors read_torch_file(const std::filesystem::path& path);

// The same from memory. source: the name that messages give the bytes.
NamedTensors decode_torch_file(std::span<const uint8_t> bytes, const std::string& source);

}  // namespace massface
