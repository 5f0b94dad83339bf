#include "tensor_file/torch_file.h"

#include <array>
#include <cstring>

#include "core/error.h"
#include "core/files.h"
#include "tensor_file/foreign_weights.h"
#include "tensor_file/pickle.h"
#include "tensor_file/stored_archive.h"
#include "tensor_file/torch_tensors.h"

namespace massface {
namespace {

using Kind = PickleValue::Kind;

// 0x1950a86a20f9469cfc6c, from torch/serialization.py.
constexpr std::string_view kLegacyMagic = "\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19";
constexpr int64_t kLegacyProtocol = 1001;

std::string_view text_of(std::span<const uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

template <typename... Args>
void expect(bool condition, const std::string& source, fmt::format_string<Args...> format, Args&&... args) {
  if (condition) return;
  fail("{}: damaged, or not a PyTorch checkpoint that MassFace reads: {}.", printable(source),
       fmt::format(format, std::forward<Args>(args)...));
}

// The format before PyTorch 1.6: a magic number, a protocol, facts about the machine, the object, and the keys of its
// storages, each as a pickle; then for each storage 8 bytes with its number of elements, and the elements.
class LegacyFile {
 public:
  LegacyFile(std::span<const uint8_t> bytes, const std::string& source) : bytes_(bytes), source_(source) {}

  NamedTensors read() {
    next_pickle({});  // the magic number, by which the file was recognised
    const Pickle protocol = next_pickle({});
    expect(protocol.root->is(Kind::kInteger) && protocol.root->integer == kLegacyProtocol, source_,
           "its protocol is not {}", kLegacyProtocol);
    require_little_endian(next_pickle({}));
    const Pickle object = next_pickle(torch_globals(), UnknownGlobals::kSkip);
    const Pickle keys = next_pickle({});
    return tensors_of(object, read_storages(keys, storages_of(object, source_)), source_);
  }

 private:
  Pickle next_pickle(std::span<const std::string_view> known, UnknownGlobals unknown = UnknownGlobals::kRefuse) {
    Pickle pickle = read_pickle(bytes_, source_, known, unknown);
    bytes_ = bytes_.subspan(pickle.num_bytes);
    return pickle;
  }

  void require_little_endian(const Pickle& facts) const {
    const auto& items = facts.root->items;
    bool little = false;
    for (size_t i = 0; facts.root->is(Kind::kDict) && i + 1 < items.size(); i += 2) {
      little = little || (items[i]->is_text() && items[i]->text == "little_endian" && items[i + 1]->integer == 1);
    }
    expect(little, source_, "it does not state that its numbers are little-endian");
  }

  std::map<std::string, std::span<const uint8_t>> read_storages(const Pickle& keys,
                                                                const std::map<std::string, TorchStorage>& known) {
    expect(keys.root->is(Kind::kList), source_, "its list of storages is missing");
    std::map<std::string, std::span<const uint8_t>> storages;
    for (const PickleValue* key : keys.root->items) {
      const auto storage = known.find(std::string(key->text));
      expect(storage != known.end(), source_, "the storage {} belongs to no tensor", printable(key->text));
      int64_t num_elements = 0;
      std::memcpy(&num_elements, take(sizeof(num_elements)).data(), sizeof(num_elements));
      expect(num_elements == storage->second.num_elements, source_, "the storage {} has {} elements, not {}",
             printable(key->text), num_elements, storage->second.num_elements);
      const auto bytes = take(storage->second.num_bytes());
      expect(storages.emplace(storage->first, bytes).second, source_, "the storage {} occurs twice",
             printable(key->text));
    }
    expect(bytes_.empty(), source_, "{} bytes at its end belong to no storage", bytes_.size());
    return storages;
  }

  std::span<const uint8_t> take(uint64_t count) {
    expect(count <= bytes_.size(), source_, "it ends within its storages: {} bytes are needed, but {} are left", count,
           bytes_.size());
    const auto taken = bytes_.first(count);
    bytes_ = bytes_.subspan(count);
    return taken;
  }

  std::span<const uint8_t> bytes_;  // not read yet
  std::string source_;
};

// The archive holds NAME/data.pkl and one NAME/data/KEY per storage; NAME may be anything.
NamedTensors read_archive(std::span<const uint8_t> bytes, const std::string& source) {
  const auto entries = read_stored_archive(bytes, source);
  std::string folder;
  for (const auto& [name, content] : entries) {
    if (name.ends_with("/data.pkl") && name.find('/') == name.rfind('/')) folder = name.substr(0, name.find('/') + 1);
  }
  expect(!folder.empty(), source, "the archive has no NAME/data.pkl");
  require(!entries.contains(folder + "constants.pkl"),
          "{}: a TorchScript archive, which holds a program. Save the network's state_dict() with torch.save instead.",
          printable(source));
  if (const auto order = entries.find(folder + "byteorder"); order != entries.end()) {
    expect(text_of(order->second) == "little", source, "its numbers are not little-endian");
  }
  std::map<std::string, std::span<const uint8_t>> storages;
  for (const auto& [name, content] : entries) {
    if (name.starts_with(folder + "data/")) storages.emplace(name.substr(folder.size() + 5), content);
  }
  const Pickle pickle = read_pickle(entries.at(folder + "data.pkl"), source, torch_globals(), UnknownGlobals::kSkip);
  return tensors_of(pickle, storages, source);
}

}  // namespace

NamedTensors decode_torch_file(std::span<const uint8_t> bytes, const std::string& source) {
  const std::string_view text = text_of(bytes);
  if (text.starts_with("PK")) return read_archive(bytes, source);
  if (text.substr(0, 40).find(kLegacyMagic) != std::string_view::npos) return LegacyFile(bytes, source).read();
  if (const std::string other = foreign_weights(bytes); !other.empty()) {
    fail("{}: not a PyTorch checkpoint: {}.", printable(source), other);
  }
  fail("{}: not a PyTorch checkpoint ({} bytes; it begins neither like a zip archive nor with PyTorch's magic number).",
       printable(source), bytes.size());
}

NamedTensors read_torch_file(const std::filesystem::path& path) {
  return decode_torch_file(read_file(path), path.string());
}

}  // namespace massface
