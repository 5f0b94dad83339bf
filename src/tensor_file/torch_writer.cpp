#include "tensor_file/torch_writer.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>
#include <utility>

#include "core/error.h"
#include "tensor_file/pickle_opcodes.h"
#include "tensor_file/stored_archive.h"

namespace massface {
namespace {

struct WrittenStorage {
  at::ScalarType type;
  std::string_view global;  // its class, in the module torch
};

constexpr std::array<WrittenStorage, 8> kWrittenStorages = {{{at::kFloat, "FloatStorage"},
                                                             {at::kDouble, "DoubleStorage"},
                                                             {at::kHalf, "HalfStorage"},
                                                             {at::kBFloat16, "BFloat16Storage"},
                                                             {at::kLong, "LongStorage"},
                                                             {at::kInt, "IntStorage"},
                                                             {at::kByte, "ByteStorage"},
                                                             {at::kBool, "BoolStorage"}}};

std::string_view storage_class(at::ScalarType type) {
  const auto found = std::ranges::find(kWrittenStorages, type, &WrittenStorage::type);
  check(found != kWrittenStorages.end(), "a dtype that is written to PyTorch files");
  return found->global;
}

std::vector<uint8_t> bytes_of_text(std::string_view text) { return {text.begin(), text.end()}; }

// The pickle of a state dictionary, in the opcodes that PyTorch's unpickler for weights alone accepts.
class StateDictPickle {
 public:
  StateDictPickle() {
    opcode(pickle_opcode::kProto);
    bytes_.push_back(2);
    add_empty_ordered_dict();
    opcode(pickle_opcode::kMark);
  }

  // key: of the storage, which holds this tensor alone.
  void add_tensor(std::string_view name, const Tensor& tensor, std::string_view key) {
    add_text(name);
    add_global("torch._utils", "_rebuild_tensor_v2");
    opcode(pickle_opcode::kMark);
    add_storage(tensor, key);
    add_integer(0);  // its offset
    add_integers(tensor.sizes());
    add_integers(tensor.strides());
    opcode(pickle_opcode::kNewFalse);  // requires no gradient
    add_empty_ordered_dict();          // backward hooks
    opcode(pickle_opcode::kTuple);
    opcode(pickle_opcode::kReduce);
  }

  std::vector<uint8_t> finish() {
    opcode(pickle_opcode::kSetItems);
    opcode(pickle_opcode::kStop);
    return std::move(bytes_);
  }

 private:
  void opcode(uint8_t code) { bytes_.push_back(code); }
  void add_bytes(std::string_view text) { bytes_.insert(bytes_.end(), text.begin(), text.end()); }
  template <typename Number>
  void add_number(Number value) {
    char bytes[sizeof(Number)];
    std::memcpy(bytes, &value, sizeof(Number));
    add_bytes({bytes, sizeof(Number)});
  }

  void add_text(std::string_view text) {
    opcode(pickle_opcode::kBinUnicode);
    add_number(static_cast<uint32_t>(text.size()));
    add_bytes(text);
  }
  void add_integer(int64_t value) {
    opcode(pickle_opcode::kLong1);
    bytes_.push_back(sizeof(value));
    add_number(value);
  }
  void add_integers(at::IntArrayRef values) {
    opcode(pickle_opcode::kMark);
    for (const int64_t value : values) add_integer(value);
    opcode(pickle_opcode::kTuple);
  }
  void add_global(std::string_view module, std::string_view name) {
    opcode(pickle_opcode::kGlobal);
    add_bytes(module);
    add_bytes("\n");
    add_bytes(name);
    add_bytes("\n");
  }
  void add_empty_ordered_dict() {
    add_global("collections", "OrderedDict");
    opcode(pickle_opcode::kEmptyTuple);
    opcode(pickle_opcode::kReduce);
  }
  void add_storage(const Tensor& tensor, std::string_view key) {
    opcode(pickle_opcode::kMark);
    add_text("storage");
    add_global("torch", storage_class(tensor.scalar_type()));
    add_text(key);
    add_text("cpu");
    add_integer(tensor.numel());
    opcode(pickle_opcode::kTuple);
    opcode(pickle_opcode::kBinPersId);
  }

  std::vector<uint8_t> bytes_;
};

}  // namespace

std::vector<uint8_t> encode_torch_file(const NamedTensors& tensors) {
  StateDictPickle pickle;
  std::vector<std::pair<std::string, std::vector<uint8_t>>> storages;
  for (const auto& [name, tensor] : tensors.tensors) {
    const Tensor values = tensor.detach().cpu().contiguous();
    const std::string key = std::to_string(storages.size());
    pickle.add_tensor(name, values, key);
    const auto* first = static_cast<const uint8_t*>(values.const_data_ptr());
    storages.emplace_back("archive/data/" + key, std::vector<uint8_t>(first, first + values.nbytes()));
  }
  std::vector<std::pair<std::string, std::vector<uint8_t>>> entries = {{"archive/data.pkl", pickle.finish()},
                                                                       {"archive/byteorder", bytes_of_text("little")}};
  std::ranges::move(storages, std::back_inserter(entries));
  entries.emplace_back("archive/version", bytes_of_text("3\n"));
  return write_stored_archive(entries);
}

}  // namespace massface
