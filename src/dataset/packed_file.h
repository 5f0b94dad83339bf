#pragma once

#include <filesystem>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "core/mapped_file.h"
#include "dataset/dataset.h"
#include "dataset/packed_format.h"

namespace massface {

// One packed set (docs/formats/packed.md), used in place in the mapped file, except for its identities: these are
// copied and checked when the set is opened, so that they stay good if the file is cut short later. A defect of an
// image is found when it is read.
class PackedFile : public Dataset {
 public:
  // Throws Error that names the file if it is not a packed set, is truncated, or is damaged in its header or
  // identities.
  explicit PackedFile(const std::filesystem::path& path);

  std::string identity_name(IdentityIndex identity) const override { return std::string(identity_name_view(identity)); }
  uint64_t fingerprint() const override { return header_.fingerprint; }
  // "faces.mfp:ada/1.jpg".
  std::string image_name(ImageIndex image) const override;
  std::string file_name(ImageIndex image) const override;
  // read_bytes() and view_bytes() throw DamagedImage if the bytes do not have the checksum that was written.
  std::vector<uint8_t> read_bytes(ImageIndex image) const override;
  std::span<const uint8_t> view_bytes(ImageIndex image, std::vector<uint8_t>& storage) const override;
  std::vector<DamagedBytes> find_damage() const override;

  const PackedHeader& header() const { return header_; }

 private:
  std::span<const uint8_t> section(PackedSection section) const;
  template <typename Entry>
  std::span<const Entry> table(PackedSection section) const;
  template <typename Entry>
  std::vector<Entry> copy_of(PackedSection section) const;
  std::string_view identity_name_view(IdentityIndex identity) const;
  void require_good_identities() const;
  bool has_checksum(PackedSection section) const;
  DamagedBytes damage_of(ImageIndex image) const;
  void add_damaged_sections(std::vector<DamagedBytes>& damage) const;

  const std::string path_;
  const MappedFile file_;
  PackedHeader header_;
  const std::vector<ImageIndex> first_images_;        // [num_identities() + 1]
  const std::vector<uint64_t> identity_name_starts_;  // [num_identities() + 1]
  const std::string identity_names_;
  mutable std::once_flag image_table_compared_;
  mutable bool image_table_is_good_ = true;
};

}  // namespace massface
