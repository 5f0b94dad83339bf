#include "dataset/packed_file.h"

#include <algorithm>

#include "core/error.h"
#include "core/files.h"
#include "core/hash.h"
#include "dataset/name_fingerprint.h"

namespace massface {
namespace {

PackedHeader read_header(const std::string& path, std::span<const uint8_t> file) {
  try {
    return read_packed_header(file);
  } catch (const Error& error) {
    fail("{}: {}", printable(path), error.what());
  }
}

// Returns whether the values go from 0 to `last`, each larger than the one before.
template <typename Number>
bool ascends(const std::vector<Number>& values, uint64_t last) {
  bool good = values.front() == 0 && static_cast<uint64_t>(values.back()) == last;
  // Without a branch, so that the compiler compares several values at once.
  for (size_t i = 1; i < values.size(); ++i) good &= values[i - 1] < values[i];
  return good;
}

}  // namespace

PackedFile::PackedFile(const std::filesystem::path& path)
    : path_(path.native()),
      file_(path),
      header_(read_header(path_, file_.bytes())),
      first_images_(copy_of<ImageIndex>(kFirstImages)),
      identity_name_starts_(copy_of<uint64_t>(kIdentityNameStarts)),
      identity_names_(section(kIdentityNames).begin(), section(kIdentityNames).end()) {
  require_good_identities();
  set_identities(first_images_);
}

std::span<const uint8_t> PackedFile::section(PackedSection section) const {
  const PackedSectionPlace& place = header_.sections[section];
  return file_.bytes().subspan(place.offset, place.bytes);
}

template <typename Entry>
std::span<const Entry> PackedFile::table(PackedSection table) const {
  const std::span<const uint8_t> bytes = section(table);
  return {reinterpret_cast<const Entry*>(bytes.data()), bytes.size() / sizeof(Entry)};
}

template <typename Entry>
std::vector<Entry> PackedFile::copy_of(PackedSection section) const {
  const std::span<const Entry> entries = table<Entry>(section);
  return {entries.begin(), entries.end()};
}

// The only pass over the identities when the set is opened; nothing that it accepts needs to be checked again.
void PackedFile::require_good_identities() const {
  const auto damaged = [&](const std::string& what) {
    fail("{}: damaged: {}. `massface inspect` cannot say more; pack the set again", printable(path_), what);
  };
  if (!ascends(first_images_, header_.images)) {
    damaged("the first images of its identities do not ascend from 0 to the number of images");
  }
  if (!ascends(identity_name_starts_, header_.sections[kIdentityNames].bytes)) {
    damaged("the names of its identities do not follow one another");
  }
  std::string_view before;
  for (IdentityIndex identity = 0; identity < static_cast<IdentityIndex>(header_.identities); ++identity) {
    const std::string_view name = identity_name_view(identity);
    if (!(before < name)) {
      damaged(fmt::format("the name of identity {}, {}, does not come after the one before it, {}", identity,
                          printable(name.substr(0, 200)), printable(before.substr(0, 200))));
    }
    before = name;
  }
}

std::string_view PackedFile::identity_name_view(IdentityIndex identity) const {
  const auto i = static_cast<size_t>(identity);
  const uint64_t start = identity_name_starts_[i];
  return std::string_view(identity_names_).substr(start, identity_name_starts_[i + 1] - start);
}

std::string PackedFile::file_name(ImageIndex image) const {
  const auto images = table<PackedImage>(kImageTable);
  const auto names = section(kImageNames);
  const auto i = static_cast<size_t>(image);
  const uint64_t start = images[i].name_start, end = images[i + 1].name_start;
  if (start > end || end > names.size()) return fmt::format("image_{}_whose_name_is_damaged", image);
  const auto name = names.subspan(start, end - start);
  return {name.begin(), name.end()};
}

std::string PackedFile::image_name(ImageIndex image) const {
  return path_ + ":" + identity_name(identity_of(image)) + "/" + file_name(image);
}

std::vector<uint8_t> PackedFile::read_bytes(ImageIndex image) const {
  std::vector<uint8_t> unused;
  const std::span<const uint8_t> bytes = view_bytes(image, unused);
  return {bytes.begin(), bytes.end()};
}

std::span<const uint8_t> PackedFile::view_bytes(ImageIndex image, std::vector<uint8_t>&) const {
  check(image >= 0 && image < size(), "an image index is within the set");
  const auto images = table<PackedImage>(kImageTable);
  const auto i = static_cast<size_t>(image);
  const PackedSectionPlace& all = header_.sections[kImageBytes];
  const uint64_t start = images[i].offset, end = images[i + 1].offset;
  if (start >= all.offset && start <= end && end <= all.end()) {
    const auto bytes = file_.bytes().subspan(start, end - start);
    if (hash64(bytes) == images[i].xxh3) return bytes;
  }
  throw DamagedImage(damage_of(image));
}

bool PackedFile::has_checksum(PackedSection section_index) const {
  return hash64(section(section_index)) == header_.sections[section_index].xxh3;
}

// If the image table is damaged or its entry is impossible, the damage is that entry; otherwise it is the image's
// bytes.
DamagedBytes PackedFile::damage_of(ImageIndex image) const {
  std::call_once(image_table_compared_, [this] { image_table_is_good_ = has_checksum(kImageTable); });
  const auto images = table<PackedImage>(kImageTable);
  const auto i = static_cast<size_t>(image);
  const std::string name = fmt::format("image {} ({}/{})", image, identity_name(identity_of(image)), file_name(image));
  const uint64_t first = images[i].offset, end = images[i + 1].offset;
  const PackedSectionPlace& all = header_.sections[kImageBytes];
  if (image_table_is_good_ && first >= all.offset && first < end && end <= all.end()) return {path_, first, end, name};
  const uint64_t entry = header_.sections[kImageTable].offset + i * sizeof(PackedImage);
  return {path_, entry, entry + 2 * sizeof(PackedImage), "the image table's entry of " + name};
}

void PackedFile::add_damaged_sections(std::vector<DamagedBytes>& damage) const {
  for (size_t i = kFirstImages; i < kPackedSections; ++i) {
    const auto section = static_cast<PackedSection>(i);
    const PackedSectionPlace& place = header_.sections[i];
    const uint64_t end_before = header_.sections[i - 1].end();
    for (uint64_t zero = end_before; zero < place.offset; ++zero) {
      if (file_.bytes()[zero] != 0) damage.push_back({path_, zero, zero + 1, "the padding before " + name_of(section)});
    }
    if (!has_checksum(section)) damage.push_back({path_, place.offset, place.end(), name_of(section)});
  }
}

std::vector<DamagedBytes> PackedFile::find_damage() const {
  std::vector<DamagedBytes> damage;
  add_damaged_sections(damage);
  // Only a writer can have caused this: the header matches its checksum, and the names match theirs.
  if (damage.empty() && fingerprint_of_names(*this) != header_.fingerprint) {
    damage.push_back({path_, 40, 48, "the fingerprint, which does not match the names"});
  }
  return damage;
}

}  // namespace massface
