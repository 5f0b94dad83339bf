#include "dataset/packed_shards.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/files.h"
#include "core/hash.h"
#include "core/json_number.h"
#include "core/limited_json.h"
#include "dataset/name_fingerprint.h"

namespace massface {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

// The index, its list of shards, and a shard.
constexpr JsonLimits kIndexLimits{.depth = 3, .values = 20 * static_cast<int64_t>(kMostShards)};

uint64_t parse_hex(const std::string& text) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  require(error == std::errc() && end == text.data() + text.size() && text.size() == 16,
          "\"{}\" is not sixteen hexadecimal digits", printable(text.substr(0, 100)));
  return value;
}

int64_t count_in(const Json& json, const char* key, int64_t most) {
  const Json& value = json.at(key);
  const auto count = whole_number(value, 1, most);
  require(count.has_value(), "\"{}\" is {}, not a number from 1 to {}", key, value.dump().substr(0, 100), most);
  return *count;
}

ShardIndex::Shard shard_in(const Json& json) {
  constexpr int64_t kMostBytes = INT64_MAX;
  ShardIndex::Shard shard{.file = json.at("file").get<std::string>(),
                          .bytes = static_cast<uint64_t>(count_in(json, "bytes", kMostBytes)),
                          .images = count_in(json, "images", kMostPackedImages),
                          .identities = count_in(json, "identities", kMostPackedImages),
                          .header_xxh3 = parse_hex(json.at("header_xxh3").get<std::string>())};
  require(
      !shard.file.empty() && shard.file.find('/') == std::string::npos && shard.file.find('\0') == std::string::npos,
      "the shard \"{}\" is not a file in the index's folder", printable(shard.file.substr(0, 200)));
  return shard;
}

std::string read_index_text(const fs::path& path) {
  constexpr uintmax_t kMostBytes = uintmax_t{64} << 20;
  std::error_code unreadable;  // if so, reading it fails with a message
  const uintmax_t bytes = fs::file_size(path, unreadable);
  require(unreadable || bytes <= kMostBytes, "an index of {} bytes; at most {} are accepted", bytes, kMostBytes);
  return read_text_file(path);
}

}  // namespace

std::string to_json_text(const ShardIndex& index) {
  nlohmann::ordered_json json = {{"format", kShardIndexFormat},
                                 {"images", index.images},
                                 {"identities", index.identities},
                                 {"fingerprint", hex(index.fingerprint)},
                                 {"shards", nlohmann::ordered_json::array()}};
  for (const ShardIndex::Shard& shard : index.shards) {
    json["shards"].push_back({{"file", shard.file},
                              {"bytes", shard.bytes},
                              {"images", shard.images},
                              {"identities", shard.identities},
                              {"header_xxh3", hex(shard.header_xxh3)}});
  }
  return json.dump(1) + "\n";
}

ShardIndex parse_shard_index(std::string_view text) {
  try {
    Json json;
    for (auto& [name, value] : parse_json_object(text, kIndexLimits)) json[name] = std::move(value);
    require(json.at("format") == kShardIndexFormat, "its format is {}, not {}", json.at("format").dump().substr(0, 100),
            kShardIndexFormat);
    ShardIndex index{.images = count_in(json, "images", kMostPackedImages),
                     .identities = count_in(json, "identities", kMostPackedImages),
                     .fingerprint = parse_hex(json.at("fingerprint").get<std::string>())};
    const Json& shards = json.at("shards");
    require(shards.is_array() && !shards.empty() && shards.size() <= kMostShards,
            "\"shards\" is not a list of 1 to {} shards", kMostShards);
    int64_t images = 0, identities = 0;
    for (const Json& shard : shards) {
      index.shards.push_back(shard_in(shard));
      images += index.shards.back().images;
      identities += index.shards.back().identities;
    }
    require(images == index.images && identities == index.identities,
            "the shards have {} images of {} identities, but the index has {} of {}", images, identities, index.images,
            index.identities);
    return index;
  } catch (const Json::exception& error) {
    fail("damaged index of shards: {}", printable(std::string(error.what()).substr(0, 300)));
  }
}

PackedShards::PackedShards(const fs::path& index_path) : path_(index_path.native()) {
  try {
    index_ = parse_shard_index(read_index_text(index_path));
  } catch (const Error& error) {
    fail("{}: {}", printable(path_), error.what());
  }
  for (const ShardIndex::Shard& shard : index_.shards) open_shard(index_path.parent_path(), shard);
  first_images_.push_back(index_.images);
  set_identities(first_images_);
}

void PackedShards::open_shard(const fs::path& folder, const ShardIndex::Shard& expected) {
  const fs::path path = folder / expected.file;
  std::error_code unreachable;
  require(fs::exists(path, unreachable), "{} is a packed set in {} shards, but {} is missing. Keep them in one folder",
          printable(path_), index_.shards.size(), printable(path.native()));
  auto shard = std::make_unique<const PackedFile>(path);
  require(shard->header().file_bytes == expected.bytes && shard->header().xxh3 == expected.header_xxh3 &&
              shard->size() == expected.images && shard->num_identities() == expected.identities,
          "{} is not the shard that {} was written with. Pack the set again", printable(path.native()),
          printable(path_));
  if (!shards_.empty()) {
    const PackedFile& before = *shards_.back();
    require(before.identity_name(before.num_identities() - 1) < shard->identity_name(0),
            "{}: its shards are not in the order of their identities: {} begins with {}. Pack the set again",
            printable(path_), printable(path.native()), printable(shard->identity_name(0)));
  }
  const auto images_before = image_starts_.empty() ? 0 : image_starts_.back() + shards_.back()->size();
  image_starts_.push_back(images_before);
  identity_starts_.push_back(static_cast<IdentityIndex>(first_images_.size()));
  for (IdentityIndex identity = 0; identity < shard->num_identities(); ++identity) {
    first_images_.push_back(images_before + shard->first_image_of(identity));
  }
  shards_.push_back(std::move(shard));
}

PackedShards::Place PackedShards::place_of(ImageIndex image) const {
  const auto shard = std::ranges::upper_bound(image_starts_, image) - image_starts_.begin() - 1;
  return {*shards_[static_cast<size_t>(shard)], image - image_starts_[static_cast<size_t>(shard)]};
}

std::string PackedShards::identity_name(IdentityIndex identity) const {
  const auto shard = std::ranges::upper_bound(identity_starts_, identity) - identity_starts_.begin() - 1;
  return shards_[static_cast<size_t>(shard)]->identity_name(identity - identity_starts_[static_cast<size_t>(shard)]);
}

std::string PackedShards::image_name(ImageIndex image) const {
  const Place place = place_of(image);
  return place.shard.image_name(place.image);
}

std::string PackedShards::file_name(ImageIndex image) const {
  const Place place = place_of(image);
  return place.shard.file_name(place.image);
}

std::vector<uint8_t> PackedShards::read_bytes(ImageIndex image) const {
  const Place place = place_of(image);
  return place.shard.read_bytes(place.image);
}

std::span<const uint8_t> PackedShards::view_bytes(ImageIndex image, std::vector<uint8_t>& storage) const {
  const Place place = place_of(image);
  return place.shard.view_bytes(place.image, storage);
}

std::vector<DamagedBytes> PackedShards::find_damage() const {
  std::vector<DamagedBytes> damage;
  for (const auto& shard : shards_) std::ranges::move(shard->find_damage(), std::back_inserter(damage));
  if (damage.empty() && fingerprint_of_names(*this) != index_.fingerprint) {
    damage.push_back({path_, 0, fs::file_size(path_), "the fingerprint, which does not match the names"});
  }
  return damage;
}

}  // namespace massface
