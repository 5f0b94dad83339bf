#include "dataset/packed_set.h"

#include <algorithm>
#include <fstream>

#include "core/error.h"
#include "dataset/packed_file.h"
#include "dataset/packed_shards.h"

namespace massface {
namespace {

namespace fs = std::filesystem;

std::string first_bytes(const fs::path& path, size_t count) {
  std::string bytes(count, '\0');
  std::ifstream stream(path, std::ios::binary);
  stream.read(bytes.data(), static_cast<std::streamsize>(count));
  bytes.resize(static_cast<size_t>(std::max<std::streamsize>(stream.gcount(), 0)));
  return bytes;
}

void require_absent(const fs::path& path, std::string_view hint) {
  std::error_code unreachable;  // if so, it cannot be written either
  require(!fs::exists(fs::symlink_status(path, unreachable)), "{} already exists. {}", printable(path.native()), hint);
}

}  // namespace

bool is_packed_set(const fs::path& path) {
  const std::string start = first_bytes(path, 200);
  return start.starts_with(std::string_view(reinterpret_cast<const char*>(kPackedMagic.data()), kPackedMagic.size())) ||
         (start.starts_with('{') && start.find(kShardIndexFormat) != std::string::npos);
}

std::shared_ptr<const Dataset> open_packed_set(const fs::path& path) {
  if (first_bytes(path, 1) == "{") return std::make_shared<PackedShards>(path);
  return std::make_shared<PackedFile>(path);
}

fs::path shard_path(const fs::path& index, size_t shard) {
  return index.parent_path() / (index.stem().native() + fmt::format("-{:05d}", shard) + index.extension().native());
}

void require_place_for_packed_set(const fs::path& path) {
  require_absent(path, "Remove it, or choose another name");
  require_writable_file(path);
}

PackedSetWriter::PackedSetWriter(const fs::path& path, bool decoded, uint64_t shard_bytes)
    : path_(path), decoded_(decoded), shard_bytes_(shard_bytes) {
  require_place_for_packed_set(path_);
  require(shard_bytes == 0 || printable(path.native()) == path.native(),
          "{}: the index of shards stores their names in UTF-8; choose a name without other bytes",
          printable(path.native()));
  open_file();
}

PackedSetWriter::~PackedSetWriter() {
  if (finished_) return;
  std::error_code ignored;
  for (const Shard& shard : shards_) fs::remove(shard.path, ignored);
}

void PackedSetWriter::open_file() {
  const fs::path path = shard_bytes_ == 0 ? path_ : shard_path(path_, shards_.size());
  require_absent(path, "Remove it if it is left over from a run that was killed, or choose another name");
  require(shards_.size() < kMostShards, "more than {} shards; pass a larger --shard-size", kMostShards);
  writer_.emplace(path, decoded_);
}

void PackedSetWriter::close_file() {
  const fs::path path = shard_bytes_ == 0 ? path_ : shard_path(path_, shards_.size());
  const PackedHeader header = writer_->finish();
  writer_.reset();
  shards_.push_back({path, header});
  written_.files.push_back(path);
  written_.identities += static_cast<int64_t>(header.identities);
  written_.images += static_cast<int64_t>(header.images);
  written_.bytes += header.file_bytes;
}

void PackedSetWriter::begin_identity(std::string_view name) {
  if (shard_bytes_ > 0 && writer_->images() > 0 && writer_->bytes() >= shard_bytes_) {
    close_file();
    open_file();
  }
  writer_->begin_identity(name);
  fingerprint_.add_identity(name);
}

void PackedSetWriter::add_image(std::string_view file_name, std::span<const uint8_t> bytes) {
  writer_->add_image(file_name, bytes);
  fingerprint_.add_image(file_name);
}

void PackedSetWriter::write_index() {
  ShardIndex index{.images = written_.images, .identities = written_.identities, .fingerprint = fingerprint_.value()};
  for (const Shard& shard : shards_) {
    index.shards.push_back({.file = shard.path.filename().native(),
                            .bytes = shard.header.file_bytes,
                            .images = static_cast<int64_t>(shard.header.images),
                            .identities = static_cast<int64_t>(shard.header.identities),
                            .header_xxh3 = shard.header.xxh3});
  }
  const std::string text = to_json_text(index);
  write_file_atomically(path_, text);
  written_.files.insert(written_.files.begin(), path_);
  written_.bytes += text.size();
}

PackedSetWriter::Written PackedSetWriter::finish() {
  close_file();
  written_.fingerprint = fingerprint_.value();
  if (shard_bytes_ > 0) write_index();
  finished_ = true;
  return written_;
}

}  // namespace massface
