#include "tensor_file/torch_tensors.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <set>

#include "core/error.h"
#include "core/files.h"
#include "core/log.h"

namespace massface {
namespace {

using Kind = PickleValue::Kind;

struct StorageType {
  std::string_view global;
  at::ScalarType type;
};

// Those of safetensors come first: tensors of these types are returned. No network has the others.
constexpr size_t kReturnedTypes = 8;
constexpr std::array<StorageType, 18> kStorageTypes = {{{"torch.FloatStorage", at::kFloat},
                                                        {"torch.DoubleStorage", at::kDouble},
                                                        {"torch.HalfStorage", at::kHalf},
                                                        {"torch.BFloat16Storage", at::kBFloat16},
                                                        {"torch.LongStorage", at::kLong},
                                                        {"torch.IntStorage", at::kInt},
                                                        {"torch.ByteStorage", at::kByte},
                                                        {"torch.BoolStorage", at::kBool},
                                                        {"torch.CharStorage", at::kChar},
                                                        {"torch.ShortStorage", at::kShort},
                                                        {"torch.ComplexFloatStorage", at::kComplexFloat},
                                                        {"torch.ComplexDoubleStorage", at::kComplexDouble},
                                                        {"torch.QInt8Storage", at::kQInt8},
                                                        {"torch.QUInt8Storage", at::kQUInt8},
                                                        {"torch.QInt32Storage", at::kQInt32},
                                                        {"torch.QUInt4x2Storage", at::kQUInt4x2},
                                                        {"torch.QUInt2x4Storage", at::kQUInt2x4},
                                                        // Of newer types; counted in bytes.
                                                        {"torch.storage.UntypedStorage", at::kChar}}};

constexpr std::string_view kOrderedDict = "collections.OrderedDict";
constexpr std::string_view kDefaultDict = "collections.defaultdict";
constexpr std::string_view kTensor = "torch._utils._rebuild_tensor_v2";
constexpr std::string_view kTensorBefore04 = "torch._utils._rebuild_tensor";
constexpr std::string_view kParameter = "torch._utils._rebuild_parameter";
// A parameter, and a tensor, to which somebody has given attributes.
constexpr std::string_view kParameterWithState = "torch._utils._rebuild_parameter_with_state";
constexpr std::string_view kTensorWithState = "torch._tensor._rebuild_from_type_v2";
// The globals of plain values, such as an accuracy, which are left out without a word.
constexpr std::array<std::string_view, 6> kBeside = {
    "torch.Size",  "numpy.core.multiarray.scalar", "numpy._core.multiarray.scalar", "numpy.dtype", "_codecs.encode",
    "torch.device"};

constexpr size_t kMaxTorchDimensions = 32;
constexpr int64_t kMostNamedValues = 6;  // in the message about what is skipped
// Limits the size of the tensors relative to the stored bytes: tied weights are stored once, but returned under each of
// their names.
constexpr uint64_t kMaxGrowth = 8;

// Of the names of all tensors together: keys of nested dicts are joined, so a small file could announce names of 64 KB
// for a million tensors.
constexpr size_t kMaxNameBytesTogether = 100'000'000;

struct TensorPlace {
  std::string name;
  std::string storage;
  int64_t offset;  // elements
  std::vector<int64_t> sizes;
  std::vector<int64_t> strides;  // elements
};

class TreeReader {
 public:
  explicit TreeReader(const std::string& source) : source_(printable(source)) {}

  template <typename... Args>
  void expect(bool condition, fmt::format_string<Args...> format, Args&&... args) const {
    if (condition) return;
    fail("{}: damaged, or not a PyTorch checkpoint that MassFace reads: {}.", source_,
         fmt::format(format, std::forward<Args>(args)...));
  }

  std::pair<std::string, TorchStorage> storage(const PickleValue& persistent) const {
    const PickleValue& id = *persistent.arguments;
    const bool named = persistent.is(Kind::kPersistent) && id.is(Kind::kTuple) && id.items.size() >= 5 &&
                       id.items[0]->is_text() && id.items[0]->text == "storage" && id.items[1]->is(Kind::kGlobal) &&
                       id.items[2]->is_text() && id.items[4]->is(Kind::kInteger);
    expect(named, "it refers to something that is not a storage");
    expect(id.items.size() == 5 || id.items[5]->is(Kind::kNone),
           "a storage is part of another, as written by PyTorch before 0.4. Load it with PyTorch and save it again");
    const auto type = std::ranges::find(kStorageTypes, id.items[1]->text, &StorageType::global);
    expect(type != kStorageTypes.end(), "a storage of the type {}", printable(id.items[1]->text));
    const int64_t num_elements = id.items[4]->integer;
    expect(num_elements >= 0 && num_elements < INT64_MAX / 16, "a storage of {} elements", num_elements);
    return {std::string(id.items[2]->text), {type->type, num_elements}};
  }

  void walk(const PickleValue& value, const std::string& name) {
    if (value.is(Kind::kDict) || value.calls(kOrderedDict) || value.calls(kDefaultDict)) {
      walk_entries(value, name);
    } else if (value.is(Kind::kList) || value.is(Kind::kTuple)) {
      for (size_t i = 0; i < value.items.size(); ++i) walk(*value.items[i], join(name, std::to_string(i)));
    } else if (value.calls(kParameter) || value.calls(kParameterWithState)) {
      expect(!value.arguments->items.empty(), "the parameter {} has no tensor", printable(name));
      walk(*value.arguments->items[0], name);
    } else if (value.calls(kTensor) || value.calls(kTensorBefore04)) {
      add_tensor(value.arguments->items, name.empty() ? "tensor" : name);
    } else if (value.calls(kTensorWithState)) {
      walk_tensor_with_state(value.arguments->items, name);
    } else if (value.is(Kind::kInert) || value.is(Kind::kGlobal)) {
      skip(name, value.text);
    }
  }

  // "args (argparse.Namespace), ema (torch.CharStorage), and 3 others", or "" if nothing was skipped.
  std::string skipped() const {
    const std::string others =
        num_skipped_ > kMostNamedValues ? fmt::format(", and {} others", num_skipped_ - kMostNamedValues) : "";
    return first_skipped_ + others;
  }

  std::vector<TensorPlace> places;

 private:
  static std::string join(const std::string& name, std::string_view part) {
    return name.empty() ? std::string(part) : name + "." + std::string(part);
  }

  void walk_entries(const PickleValue& dict, const std::string& name) {
    // Python 2 constructs an OrderedDict from a list of [key, value].
    if (dict.is(Kind::kCall) && !dict.arguments->items.empty()) {
      for (const PickleValue* entry : dict.arguments->items[0]->items) {
        expect(entry->items.size() == 2 && !entry->is(Kind::kDict), "an entry of {} that is not a pair",
               printable(name));
        walk_entry(*entry->items[0], *entry->items[1], name);
      }
    }
    for (size_t i = 0; i + 1 < dict.items.size(); i += 2) walk_entry(*dict.items[i], *dict.items[i + 1], name);
  }

  void walk_entry(const PickleValue& key, const PickleValue& value, const std::string& name) {
    if (!key.is_text() && !key.is(Kind::kInteger)) {
      skip(name, "an entry whose key is neither a string nor a whole number");
      return;
    }
    expect(key.text.size() <= 1000, "a key of {} characters", key.text.size());
    walk(value, join(name, key.is_text() ? key.text : std::to_string(key.integer)));
  }

  void skip(const std::string& name, std::string_view what) {
    if (++num_skipped_ > kMostNamedValues) return;
    const std::string shown = name.empty() ? "the whole" : printable(name.substr(0, 200));
    first_skipped_ += fmt::format("{}{} ({})", num_skipped_ > 1 ? ", " : "", shown, printable(what));
  }

  // arguments: (function, type, (arguments of the function), attributes).
  void walk_tensor_with_state(const std::vector<const PickleValue*>& arguments, const std::string& name) {
    const bool complete = arguments.size() >= 3 && arguments[0]->is(Kind::kGlobal) && arguments[2]->is(Kind::kTuple);
    expect(complete, "the tensor {} is incomplete", printable(name));
    if (arguments[0]->text == kTensor) {
      add_tensor(arguments[2]->items, name.empty() ? "tensor" : name);
    } else {
      skip(name, arguments[0]->text);
    }
  }

  // arguments: (storage, offset, sizes, strides, ...); the others concern gradients.
  void add_tensor(const std::vector<const PickleValue*>& arguments, const std::string& name) {
    const bool complete =
        arguments.size() >= 4 && arguments[0]->is(Kind::kPersistent) && arguments[1]->is(Kind::kInteger);
    expect(complete, "the tensor {} is incomplete", printable(name));
    const auto [key, storage] = this->storage(*arguments[0]);
    if (!is_returned(storage.type)) {
      skip(name, fmt::format("{} tensor", c10::toString(storage.type)));
      return;
    }
    name_bytes_ += name.size();
    expect(name_bytes_ <= kMaxNameBytesTogether, "the names of its tensors have more than {} characters",
           kMaxNameBytesTogether);
    expect(names_.insert(name).second, "two tensors are called {}", printable(name));
    places.push_back({name, key, arguments[1]->integer, sizes_of(*arguments[2], name), sizes_of(*arguments[3], name)});
    expect(places.back().sizes.size() == places.back().strides.size(), "the tensor {} has {} sizes and {} strides",
           printable(name), places.back().sizes.size(), places.back().strides.size());
  }

  std::vector<int64_t> sizes_of(const PickleValue& value, const std::string& name) const {
    const bool is_call = value.calls("torch.Size") && value.arguments->items.size() == 1;
    const PickleValue& tuple = is_call ? *value.arguments->items[0] : value;
    expect((tuple.is(Kind::kTuple) || tuple.is(Kind::kList)) && tuple.items.size() <= kMaxTorchDimensions,
           "the tensor {} has no valid size", printable(name));
    std::vector<int64_t> sizes;
    for (const PickleValue* size : tuple.items) {
      expect(size->is(Kind::kInteger) && size->integer >= 0, "the tensor {} has no valid size", printable(name));
      sizes.push_back(size->integer);
    }
    return sizes;
  }

  static bool is_returned(at::ScalarType type) {
    return std::ranges::find(kStorageTypes, type, &StorageType::type) - kStorageTypes.begin() <
           ptrdiff_t{kReturnedTypes};
  }

  std::string source_;
  std::set<std::string> names_;
  size_t name_bytes_ = 0;
  std::string first_skipped_;
  int64_t num_skipped_ = 0;
};

// The number of elements of the tensor, and of its storage up to the tensor's last element. Both are INT64_MAX on
// overflow.
struct Extent {
  int64_t num_elements = 1;
  int64_t end = 0;
};

Extent extent_of(const TensorPlace& place) {
  Extent extent;
  int64_t last = place.offset;
  bool fits = true;
  bool empty = false;
  for (size_t i = 0; i < place.sizes.size(); ++i) {
    int64_t span = 0;
    empty = empty || place.sizes[i] == 0;
    const int64_t size = std::max<int64_t>(place.sizes[i], 1);
    fits = fits && !__builtin_mul_overflow(extent.num_elements, size, &extent.num_elements) &&
           !__builtin_mul_overflow(size - 1, place.strides[i], &span) && !__builtin_add_overflow(last, span, &last);
  }
  if (!fits || last == INT64_MAX) return {INT64_MAX, INT64_MAX};
  return empty ? Extent{0, place.offset} : Extent{extent.num_elements, last + 1};
}

// The storages that the pickle announces, together with the bytes that exist.
class StorageBytes {
 public:
  StorageBytes(std::map<std::string, TorchStorage> storages,
               const std::map<std::string, std::span<const uint8_t>>& bytes_of, const TreeReader& reader)
      : storages_(std::move(storages)), bytes_of_(bytes_of), reader_(reader) {}

  uint64_t num_bytes() const {
    uint64_t sum = 0;
    for (const auto& [key, bytes] : bytes_of_) sum += bytes.size();
    return sum;
  }

  // Throws Error unless the tensor lies inside its storage. Returns the tensor's own size in bytes.
  uint64_t require_inside(const TensorPlace& place) const {
    const std::string name = printable(place.name);
    const TorchStorage& storage = storages_.at(place.storage);
    const auto bytes = bytes_of_.find(place.storage);
    reader_.expect(bytes != bytes_of_.end() && bytes->second.size() == storage.num_bytes(),
                   "the storage of the tensor {} is missing, or does not have {} bytes", name, storage.num_bytes());
    const Extent extent = extent_of(place);
    reader_.expect(
        place.offset >= 0 && extent.end <= storage.num_elements && extent.num_elements <= storage.num_elements,
        "the tensor {} lies outside its storage of {} elements", name, storage.num_elements);
    return static_cast<uint64_t>(extent.num_elements) * c10::elementSize(storage.type);
  }

  // Requires a place that require_inside() has accepted.
  Tensor copy(const TensorPlace& place) {
    const auto [aligned, is_new] = aligned_.try_emplace(place.storage);
    if (is_new) aligned->second = aligned_copy(place);
    return aligned->second.as_strided(place.sizes, place.strides, place.offset).clone(at::MemoryFormat::Contiguous);
  }

 private:
  // Copies a tensor's whole storage to aligned memory, because its bytes in the file may have any alignment. All
  // tensors of a storage share one copy.
  Tensor aligned_copy(const TensorPlace& place) const {
    const TorchStorage& storage = storages_.at(place.storage);
    const auto bytes = bytes_of_.at(place.storage);
    const bool proper = storage.type != at::kBool || std::ranges::all_of(bytes, [](uint8_t byte) { return byte <= 1; });
    reader_.expect(proper, "the tensor {} holds bytes that are neither true nor false", printable(place.name));
    Tensor copy = at::empty({storage.num_elements}, storage.type);
    if (!bytes.empty()) std::memcpy(copy.mutable_data_ptr(), bytes.data(), bytes.size());
    return copy;
  }

  std::map<std::string, TorchStorage> storages_;
  const std::map<std::string, std::span<const uint8_t>>& bytes_of_;
  const TreeReader& reader_;
  std::map<std::string, Tensor> aligned_;
};

// Whether it is the id of a network's class in a file from before PyTorch 1.6, ("module", class, file, source).
bool is_class(const PickleValue& id) {
  return id.is(Kind::kTuple) && id.items.size() == 4 && id.items[0]->is_text() && id.items[0]->text == "module";
}

}  // namespace

std::span<const std::string_view> torch_globals() {
  static const std::vector<std::string_view> globals = [] {
    std::vector<std::string_view> names = {kOrderedDict, kDefaultDict,        kTensor,         kTensorBefore04,
                                           kParameter,   kParameterWithState, kTensorWithState};
    names.insert(names.end(), kBeside.begin(), kBeside.end());
    for (const StorageType& storage : kStorageTypes) names.push_back(storage.global);
    return names;
  }();
  return globals;
}

std::map<std::string, TorchStorage> storages_of(const Pickle& pickle, const std::string& source) {
  const TreeReader reader(source);
  std::map<std::string, TorchStorage> storages;
  for (const PickleValue& value : pickle.values) {
    if (!value.is(Kind::kPersistent) || is_class(*value.arguments)) continue;
    const auto [key, storage] = reader.storage(value);
    const auto [known, is_new] = storages.try_emplace(key, storage);
    reader.expect(known->second == storage, "the storage {} is described in two ways", printable(key));
  }
  return storages;
}

NamedTensors tensors_of(const Pickle& pickle, const std::map<std::string, std::span<const uint8_t>>& bytes_of,
                        const std::string& source) {
  TreeReader reader(source);
  reader.walk(*pickle.root, "");
  const std::string skipped = reader.skipped();
  require(!reader.places.empty() || skipped.empty(),
          "{}: it holds no tensors but within objects of Python classes, which MassFace does not construct: {}. A "
          "network that was saved as a whole needs its own program: save its state_dict() with torch.save instead.",
          printable(source), skipped);
  if (!skipped.empty()) log_info("{}: skipped values that are no weights: {}.", printable(source), skipped);
  StorageBytes storages(storages_of(pickle, source), bytes_of, reader);
  NamedTensors result;
  const uint64_t stored_bytes = storages.num_bytes();
  uint64_t num_bytes = 0;
  for (const TensorPlace& place : reader.places) {
    num_bytes += storages.require_inside(place);
    reader.expect(num_bytes / kMaxGrowth <= stored_bytes, "its tensors are more than {} times what is stored",
                  kMaxGrowth);
  }
  for (const TensorPlace& place : reader.places) result.tensors.emplace_back(place.name, storages.copy(place));
  return result;
}

}  // namespace massface
