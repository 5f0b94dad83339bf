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

// What the pickle in a PyTorch checkpoint says about its tensors: the parts that both forms of the file share.

// The constructors and storage types that such a pickle may name.
std::span<const std::string_view> torch_globals();

// A storage that a pickle refers to by its persistent id: ("storage", type, key, location, number of elements).
struct TorchStorage {
  at::ScalarType type;
  int64_t num_elements;

  uint64_t num_bytes() const { return static_cast<uint64_t>(num_elements) * c10::elementSize(type); }
  bool operator==(const TorchStorage&) const = default;
};

// By key. Throws Error for an id of another form, and for one key with two meanings.
std::map<std::string, TorchStorage> storages_of(const Pickle& pickle, const std::string& source);

// The tensors at the leaves of dicts and lists, named by the path to them, "net.conv1.weight" and "list.0"; a file that
// is one tensor has it as "tensor". Other leaves (an epoch, a learning rate) are left out. Strides are honoured; the
// tensors own their memory, on the CPU, contiguous.
// bytes_of: each storage's content. Throws Error that names the tensor: outside its storage, of more elements than it,
// two of one name; and where the tensors together would be some times larger than their storages.
NamedTensors tensors_of(const Pickle& pickle, const std::map<std::string, std::span<const uint8_t>>& bytes_of,
                        const std::string& source);

}  // namespace massface
