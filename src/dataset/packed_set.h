#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dataset/dataset.h"
#include "dataset/packed_writer.h"

namespace massface {

// Returns whether a file is a packed set or the index of a sharded one, judging by its first bytes.
bool is_packed_set(const std::filesystem::path& path);

// Opens a packed set: one file, or the index of shards, which together are one set. Throws Error that names the file if
// it is damaged or truncated, or if a shard is missing or not the one that was written.
std::shared_ptr<const Dataset> open_packed_set(const std::filesystem::path& path);

// The path of a shard, next to its index: faces.mfp -> faces-00003.mfp.
std::filesystem::path shard_path(const std::filesystem::path& index, size_t shard);

// Throws Error if the file exists already or cannot be created.
void require_place_for_packed_set(const std::filesystem::path& path);

// Writes a packed set, either as one file or as shards followed by their index. Without finish() no file remains.
class PackedSetWriter {
 public:
  // shard_bytes: a shard is closed after the identity with which it reaches this size; 0: one file. Throws Error like
  // require_place_for_packed_set(), also for shards.
  PackedSetWriter(const std::filesystem::path& path, bool decoded, uint64_t shard_bytes);
  ~PackedSetWriter();
  PackedSetWriter(const PackedSetWriter&) = delete;
  PackedSetWriter& operator=(const PackedSetWriter&) = delete;

  // As in PackedWriter.
  void begin_identity(std::string_view name);
  void add_image(std::string_view file_name, std::span<const uint8_t> bytes);

  struct Written {
    std::vector<std::filesystem::path> files;  // first the one that names the set
    int64_t identities = 0;
    int64_t images = 0;
    uint64_t bytes = 0;  // of all files
    uint64_t fingerprint = 0;
  };
  // Requires that at least one image was added. Nothing may be called afterwards.
  Written finish();

 private:
  struct Shard {
    std::filesystem::path path;
    PackedHeader header;
  };
  void open_file();
  void close_file();
  void write_index();

  const std::filesystem::path path_;
  const bool decoded_;
  const uint64_t shard_bytes_;
  std::optional<PackedWriter> writer_;
  std::vector<Shard> shards_;
  NameFingerprint fingerprint_;  // of the whole set
  Written written_;
  bool finished_ = false;
};

}  // namespace massface
