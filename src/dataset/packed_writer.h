#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/files.h"
#include "dataset/name_fingerprint.h"
#include "dataset/packed_format.h"

namespace massface {

// Writes one packed set (docs/formats/packed.md). Images go to the disk as they come; the tables, 24 bytes and a name
// an image, wait in memory. The file stands under its name when finish() has returned, and not before. Throws Failure.
class PackedWriter {
 public:
  PackedWriter(const std::filesystem::path& path, bool decoded);

  // Names are not empty, and each comes after the one before in the order of bytes.
  void begin_identity(std::string_view name);
  // Of the identity begun last, which has at least one at the end.
  void add_image(std::string_view file_name, std::span<const uint8_t> bytes);

  int64_t images() const { return static_cast<int64_t>(images_.size()); }
  int64_t identities() const { return static_cast<int64_t>(first_images_.size()); }
  // What the file would have if it was finished now.
  uint64_t bytes() const;

  // Returns the header. At least one image was added; nothing is called after.
  PackedHeader finish();

 private:
  void write_section(PackedSection section, std::span<const uint8_t> bytes);

  AtomicFile file_;
  PackedHeader header_{};
  NameFingerprint fingerprint_;
  std::vector<uint64_t> first_images_;
  std::vector<uint64_t> identity_name_starts_;
  std::string identity_names_;
  std::vector<PackedImage> images_;
  std::string image_names_;
};

}  // namespace massface
