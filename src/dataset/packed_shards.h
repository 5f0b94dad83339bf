#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "dataset/dataset.h"
#include "dataset/packed_file.h"

namespace massface {

// The index of a sharded packed set (docs/formats/packed.md), as written.
struct ShardIndex {
  struct Shard {
    std::string file;  // in the index's folder
    uint64_t bytes = 0;
    int64_t images = 0;
    int64_t identities = 0;
    uint64_t header_xxh3 = 0;
  };
  int64_t images = 0;
  int64_t identities = 0;
  uint64_t fingerprint = 0;
  std::vector<Shard> shards;
};

inline constexpr size_t kMostShards = 100000;
inline constexpr std::string_view kShardIndexFormat = "massface-packed-shards-1";

std::string to_json_text(const ShardIndex& index);

// Parses the text of an index. Throws Error whose message does not name the file.
ShardIndex parse_shard_index(std::string_view text);

// Several packed files, one after another, as one set.
class PackedShards : public Dataset {
 public:
  // Throws Error that names the index or the shard.
  explicit PackedShards(const std::filesystem::path& index_path);

  std::string identity_name(IdentityIndex identity) const override;
  uint64_t fingerprint() const override { return index_.fingerprint; }
  std::string image_name(ImageIndex image) const override;
  std::string file_name(ImageIndex image) const override;
  std::vector<uint8_t> read_bytes(ImageIndex image) const override;
  std::span<const uint8_t> view_bytes(ImageIndex image, std::vector<uint8_t>& storage) const override;
  std::vector<DamagedBytes> find_damage() const override;

 private:
  struct Place {
    const PackedFile& shard;
    ImageIndex image;  // within the shard
  };
  Place place_of(ImageIndex image) const;
  void open_shard(const std::filesystem::path& folder, const ShardIndex::Shard& expected);

  const std::string path_;
  ShardIndex index_;
  std::vector<std::unique_ptr<const PackedFile>> shards_;
  std::vector<ImageIndex> image_starts_;        // the first image of each shard
  std::vector<IdentityIndex> identity_starts_;  // the first identity of each shard
  std::vector<ImageIndex> first_images_;        // of each identity of the set, then the number of images
};

}  // namespace massface
