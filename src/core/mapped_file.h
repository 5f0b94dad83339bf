#pragma once

#include <cstdint>
#include <filesystem>
#include <span>

namespace massface {

struct MappedRegion;

// The bytes of a file, mapped into memory and read by the system when they are accessed. Not a copy: if the file is
// overwritten in place, the bytes change under the reader. Files that MassFace writes are never changed in place.
//
// If the file is truncated, or its disk fails, the system sends SIGBUS to whoever reads a byte that is gone. Such bytes
// read as zeros instead, and has_lost_bytes() tells: a reader asks it after the bytes, unless it compares a checksum.
class MappedFile {
 public:
  // Throws Error naming the path and the system's reason.
  explicit MappedFile(const std::filesystem::path& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  std::span<const uint8_t> bytes() const { return bytes_; }
  // Whether bytes were read that are no longer in the file.
  bool has_lost_bytes() const;

 private:
  std::span<const uint8_t> bytes_;
  MappedRegion* region_ = nullptr;  // null for an empty file
};

// The size of a file at any time, even if another file gets its name. Bytes that are cut off within a mapped file's
// last page read as zeros without a SIGBUS; only the size tells.
class OpenFileSize {
 public:
  // Throws Error naming the path and the system's reason.
  explicit OpenFileSize(const std::filesystem::path& path);
  ~OpenFileSize();
  OpenFileSize(const OpenFileSize&) = delete;
  OpenFileSize& operator=(const OpenFileSize&) = delete;

  // 0 if the file cannot be asked any more.
  uint64_t bytes() const;

 private:
  int descriptor_;
};

}  // namespace massface
