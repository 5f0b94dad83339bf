#pragma once

#include <cstdint>
#include <filesystem>
#include <span>

namespace massface {

// A file's bytes as memory, read by the system when they are looked at. Not a copy: a file that is overwritten in
// place changes under the reader, and one that is cut short ends the process when the missing part is looked at. What
// massface writes is never changed in place.
class MappedFile {
 public:
  // Throws Error that names the path and the system's reason.
  explicit MappedFile(const std::filesystem::path& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  std::span<const uint8_t> bytes() const { return bytes_; }

 private:
  std::span<const uint8_t> bytes_;
};

}  // namespace massface
