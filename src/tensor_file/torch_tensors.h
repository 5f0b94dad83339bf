#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/tensor.h"
#include "tensor_file/pickle.h"
#include "tensor_file/safetensors.h"

namespace massface {

// Interprets the pickle in a PyTorch checkpoint: the part that both file formats share.

// Returns the constructors and storage types that are interpreted in such a pickle; other classes are skipped.
std::span<const std::string_view> torch_globals();

// A storage that a pickle refers to by its persistent id: ("storage", type, key, location, number of elements).
struct TorchStorage {
  at::ScalarType type;
  int64_t num_elements;

  uint64_t num_bytes() const { return static_cast<uint64_t>(num_elements) * c10::elementSize(type); }
  bool operator==(const TorchStorage&) const = default;
};

// Returns the storages by key. Throws Error for an id of another form, and for a key with two meanings.
std::map<std::string, TorchStorage> storages_of(const Pickle& pickle, const std::string& source);

// Returns the tensors at the leaves of dicts and lists, named by the path to them, "net.conv1.weight" and "list.0"; if
// the file is a single tensor, it is named "tensor". Other leaves (an epoch, a learning rate) are left out. Objects of
// other classes, entries whose keys are no names, and tensors of types that safetensors has no name for are skipped,
// which one log line lists. Strides are honoured; the returned tensors are contiguous, on the CPU, and own their
// memory. bytes_of: the content of each storage, by key. Throws Error naming the tensor if it lies outside its storage,
// has more elements than its storage, or has the name of another; if the tensors together are several times larger than
// their storages; and if everything was skipped.
NamedTensors tensors_of(const Pickle& pickle, const std::map<std::string, std::span<const uint8_t>>& bytes_of,
                        const std::string& source);

}  // namespace massface
