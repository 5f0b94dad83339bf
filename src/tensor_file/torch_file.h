#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "tensor_file/safetensors.h"

namespace massface {

// Reads a file written by torch.save: a zip archive with a pickle and storages (PyTorch 1.6 and newer), or the older
// sequence of pickles and storages. It may contain state dictionaries, nested dicts and lists of tensors. Names are
// joined by dots ("net_state_dict.conv1.weight"); values that are not tensors are left out, and a log line lists
// objects of other classes (a scheduler's Counter, an argparse.Namespace). Nothing in the file is executed, see
// tensor_file/pickle.h. dtypes: those of safetensors; other tensors are left out likewise. Returns contiguous tensors
// on the CPU, which own their memory.
// Throws Error naming the file and the fault: not a PyTorch file, truncated, a TorchScript archive, a pickle that names
// functions by which Python would run commands, nothing but objects (a network saved as a whole), tensors outside
// their storage.
NamedTensors read_torch_file(const std::filesystem::path& path);

// The same from memory. source: the name of the bytes in messages.
NamedTensors decode_torch_file(std::span<const uint8_t> bytes, const std::string& source);

}  // namespace massface
