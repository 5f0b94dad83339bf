#pragma once

#include <cstdint>
#include <filesystem>
#include <span>

namespace massface {

// The bytes of a file, mapped into memory and read by the system when they are accessed. Not a copy: if the file is
// overwritten in place, the bytes change under the reader; if it is truncated, accessing the missing part ends the
// process. Files that MassFace writes are never changed in place.
class MappedFile {
 public:
  // Throws Error naming the path and the system's reason.
  explicit MappedFile(const std::filesystem::path& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  std::span<const uint8_t> bytes() const { return bytes_; }

 private:
  std::span<const uint8_t> bytes_;
};

}  // namespace massface
