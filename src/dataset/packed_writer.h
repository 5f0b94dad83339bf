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

// Writes one packed set (docs/formats/packed.md). Images are written to disk as they are added; the tables, 24 bytes
// and a name per image, stay in memory until the end. The file appears under its name only when finish() has returned.
// Throws Failure.
class PackedWriter {
 public:
  PackedWriter(const std::filesystem::path& path, bool decoded);

  // name: not empty, and after the previous identity's name in byte order.
  void begin_identity(std::string_view name);
  // Adds an image to the identity begun last. Every identity must get at least one.
  void add_image(std::string_view file_name, std::span<const uint8_t> bytes);

  int64_t images() const { return static_cast<int64_t>(images_.size()); }
  int64_t identities() const { return static_cast<int64_t>(first_images_.size()); }
  // The size of the file in bytes if it were finished now; padding is counted at its maximum.
  uint64_t bytes() const;

  // Returns the header. Requires that at least one image was added. Nothing may be called afterwards.
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
