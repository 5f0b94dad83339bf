#include "tensor_file/safetensors.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <nlohmann/json.hpp>
#include <string_view>
#include <unordered_set>

#include "core/error.h"
#include "core/files.h"
#include "core/limited_json.h"
#include "core/mapped_file.h"
#include "tensor_file/foreign_weights.h"

namespace massface {
namespace {

using Json = nlohmann::json;

static_assert(std::endian::native == std::endian::little, "safetensors is little-endian");

constexpr uint64_t kMaxHeaderBytes = 100'000'000;  // as in the reference implementation
constexpr size_t kMaxDimensions = 64;
// The header, its entries, and their lists.
constexpr JsonLimits kHeaderLimits{.depth = 3, .values = 2'000'000};

struct Dtype {
  const char* name;
  at::ScalarType type;
};

constexpr std::array<Dtype, 8> kDtypes = {{{"F64", at::kDouble},
                                           {"F32", at::kFloat},
                                           {"F16", at::kHalf},
                                           {"BF16", at::kBFloat16},
                                           {"I64", at::kLong},
                                           {"I32", at::kInt},
                                           {"U8", at::kByte},
                                           {"BOOL", at::kBool}}};

const char* name_of(at::ScalarType type) {
  const auto found = std::ranges::find(kDtypes, type, &Dtype::type);
  check(found != kDtypes.end(), "a dtype that our safetensors files support");
  return found->name;
}

// Written entry by entry: an object of JSON would be sorted by name, but the tensors keep their order.
std::string header_of(const NamedTensors& tensors) {
  const auto text_of = [](const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); };
  std::string header;
  const auto add = [&](const std::string& name, const std::string& value) {
    header += header.empty() ? '{' : ',';
    header += text_of(name);
    header += ':';
    header += value;
  };
  if (!tensors.metadata.empty()) add("__metadata__", text_of(tensors.metadata));
  std::unordered_set<std::string_view> known{"__metadata__"};
  uint64_t offset = 0;
  for (const auto& [name, tensor] : tensors.tensors) {
    check(known.insert(name).second, "tensor names are unique");
    const nlohmann::ordered_json entry = {{"dtype", name_of(tensor.scalar_type())},
                                          {"shape", tensor.sizes().vec()},
                                          {"data_offsets", {offset, offset + tensor.nbytes()}}};
    add(name, entry.dump());
    offset += tensor.nbytes();
  }
  return header.empty() ? "{}" : header + "}";
}

// The location of one tensor, checked against everything that the file announces about it.
struct Entry {
  std::string name;
  at::ScalarType type;
  std::vector<int64_t> shape;
  uint64_t begin;
  uint64_t end;
};

class SafetensorsReader {
 public:
  SafetensorsReader(std::span<const uint8_t> bytes, const std::string& source)
      : bytes_(bytes), source_(printable(source)) {}

  NamedTensors read() {
    NamedTensors result;
    std::vector<Entry> entries;
    for (const auto& [name, value] : read_header()) {
      if (name == "__metadata__") {
        result.metadata = read_metadata(value);
      } else {
        entries.push_back(read_entry(name, value));
      }
    }
    check_layout(entries);
    for (const Entry& entry : entries) result.tensors.emplace_back(entry.name, read_tensor(entry));
    return result;
  }

  std::map<std::string, std::string> read_metadata_alone() {
    for (const auto& [name, value] : read_header()) {
      if (name == "__metadata__") return read_metadata(value);
    }
    return {};
  }

 private:
  template <typename... Args>
  void expect(bool condition, fmt::format_string<Args...> format, Args&&... args) const {
    if (!condition) {
      if (const std::string other = foreign_weights(bytes_); !other.empty()) {
        fail("{}: not a safetensors file: {}.", source_, other);
      }
      fail("{}: damaged, or not a safetensors file: {}. Use another copy.", source_,
           fmt::format(format, std::forward<Args>(args)...));
    }
  }

  JsonEntries read_header() {
    expect(bytes_.size() >= 8, "it has {} bytes, but the header's length alone takes 8", bytes_.size());
    uint64_t length = 0;
    std::memcpy(&length, bytes_.data(), 8);
    expect(length <= kMaxHeaderBytes, "it announces a header of {} bytes (at most {})", length, kMaxHeaderBytes);
    expect(length <= bytes_.size() - 8, "it announces a header of {} bytes but has only {} bytes in all", length,
           bytes_.size());
    values_ = bytes_.subspan(8 + length);
    try {
      return parse_json_object({reinterpret_cast<const char*>(bytes_.data()) + 8, length}, kHeaderLimits);
    } catch (const Error& error) {
      expect(false, "its header: {}", error.what());
      throw;  // not reached
    }
  }

  std::map<std::string, std::string> read_metadata(const Json& value) const {
    expect(value.is_object(), "__metadata__ is not an object");
    std::map<std::string, std::string> metadata;
    for (const auto& [name, text] : value.items()) {
      expect(text.is_string(), "__metadata__.{} is not a string", name);
      metadata[name] = text.get<std::string>();
    }
    return metadata;
  }

  Entry read_entry(const std::string& name, const Json& value) const {
    const bool complete = value.is_object() && value.contains("dtype") && value["dtype"].is_string() &&
                          value.contains("shape") && is_list_of_sizes(value["shape"]) &&
                          value.contains("data_offsets") && is_list_of_sizes(value["data_offsets"]) &&
                          value["data_offsets"].size() == 2;
    expect(complete, "tensor {} lacks a valid dtype, shape or data_offsets", name);

    Entry entry{name,
                read_dtype(name, value["dtype"].get<std::string>()),
                {},
                value["data_offsets"][0],
                value["data_offsets"][1]};
    expect(value["shape"].size() <= kMaxDimensions, "tensor {} has {} dimensions", name, value["shape"].size());
    for (const Json& size : value["shape"]) entry.shape.push_back(size.get<int64_t>());
    expect(entry.begin <= entry.end && entry.end <= values_.size(), "tensor {} lies at bytes {} to {} of {}", name,
           entry.begin, entry.end, values_.size());
    const int64_t num_bytes = size_in_bytes(entry);
    expect(num_bytes >= 0 && static_cast<uint64_t>(num_bytes) == entry.end - entry.begin,
           "tensor {} has {} bytes, which is not what its shape and dtype need", name, entry.end - entry.begin);
    return entry;
  }

  static bool is_list_of_sizes(const Json& value) {
    return value.is_array() && std::ranges::all_of(value, [](const Json& size) {
             return size.is_number_unsigned() && size.get<uint64_t>() <= INT64_MAX;
           });
  }

  at::ScalarType read_dtype(const std::string& name, const std::string& dtype) const {
    const auto found = std::ranges::find(kDtypes, std::string_view(dtype), &Dtype::name);
    expect(found != kDtypes.end(), "tensor {} has the dtype {}, which MassFace does not support", name, dtype);
    return found->type;
  }

  // Returns -1 if a stride would not fit into 63 bits, which a size of 0 must not hide.
  static int64_t size_in_bytes(const Entry& entry) {
    int64_t stride = static_cast<int64_t>(c10::elementSize(entry.type));
    bool empty = false;
    for (const int64_t size : entry.shape) {
      empty = empty || size == 0;
      if (__builtin_mul_overflow(stride, std::max<int64_t>(size, 1), &stride)) return -1;
    }
    return empty ? 0 : stride;
  }

  // Checks that every byte belongs to exactly one tensor: no overlap, no gap, nothing after the last.
  void check_layout(std::vector<Entry> entries) const {
    std::ranges::sort(entries, {}, [](const Entry& entry) { return std::pair(entry.begin, entry.end); });
    uint64_t end = 0;
    for (const Entry& entry : entries) {
      expect(entry.begin >= end, "tensor {} overlaps another", entry.name);
      expect(entry.begin == end, "{} bytes before tensor {} belong to no tensor", entry.begin - end, entry.name);
      end = entry.end;
    }
    expect(end == values_.size(), "{} bytes at its end belong to no tensor", values_.size() - end);
  }

  Tensor read_tensor(const Entry& entry) const {
    const auto bytes = values_.subspan(entry.begin, entry.end - entry.begin);
    if (entry.type == at::kBool) {
      expect(std::ranges::all_of(bytes, [](uint8_t byte) { return byte <= 1; }),
             "tensor {} holds bytes that are neither true nor false", entry.name);
    }
    Tensor tensor = at::empty(entry.shape, entry.type);
    if (!bytes.empty()) std::memcpy(tensor.mutable_data_ptr(), bytes.data(), bytes.size());
    return tensor;
  }

  std::span<const uint8_t> bytes_;
  std::span<const uint8_t> values_;  // the bytes after the header
  std::string source_;
};

}  // namespace

const Tensor& NamedTensors::at(const std::string& name) const {
  for (const auto& [other, tensor] : tensors) {
    if (other == name) return tensor;
  }
  fail("The tensor {} is missing.", printable(name));
}

std::vector<uint8_t> encode_safetensors(const NamedTensors& tensors) {
  std::string header = header_of(tensors);
  header.append((8 - header.size() % 8) % 8, ' ');  // so that the values are aligned in a mapped file
  const uint64_t length = header.size();
  size_t num_bytes = 8 + header.size();
  for (const auto& [name, tensor] : tensors.tensors) num_bytes += tensor.nbytes();

  std::vector<uint8_t> bytes(num_bytes);
  std::memcpy(bytes.data(), &length, 8);
  uint8_t* place = std::ranges::copy(header, bytes.data() + 8).out;
  for (const auto& [name, tensor] : tensors.tensors) {
    const Tensor values = tensor.detach().cpu().contiguous();
    if (values.nbytes() > 0) std::memcpy(place, values.const_data_ptr(), values.nbytes());
    place += values.nbytes();
  }
  return bytes;
}

NamedTensors decode_safetensors(std::span<const uint8_t> bytes, const std::string& source) {
  return SafetensorsReader(bytes, source).read();
}

void write_safetensors(const std::filesystem::path& path, const NamedTensors& tensors) {
  write_file_atomically(path, encode_safetensors(tensors));
}

std::map<std::string, std::string> read_safetensors_metadata(const std::filesystem::path& path) {
  const MappedFile file(path);
  return SafetensorsReader(file.bytes(), path.string()).read_metadata_alone();
}

NamedTensors read_safetensors(const std::filesystem::path& path) {
  return decode_safetensors(read_file(path), path.string());
}

}  // namespace massface
