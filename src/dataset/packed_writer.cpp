#include "dataset/packed_writer.h"

#include <array>

#include "core/error.h"
#include "core/hash.h"

namespace massface {
namespace {

template <typename Entry>
std::span<const uint8_t> bytes_of(const std::vector<Entry>& entries) {
  return {reinterpret_cast<const uint8_t*>(entries.data()), entries.size() * sizeof(Entry)};
}

std::span<const uint8_t> bytes_of(const std::string& text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

std::span<const uint8_t> bytes_of(const PackedHeader& header) {
  return {reinterpret_cast<const uint8_t*>(&header), sizeof(header)};
}

}  // namespace

PackedWriter::PackedWriter(const std::filesystem::path& path, bool decoded) : file_(path) {
  header_.magic = kPackedMagic;
  header_.version = kPackedVersion;
  header_.flags = decoded ? kPackedDecoded : 0;
  file_.append(bytes_of(header_));  // a placeholder: its content is known at the end
}

void PackedWriter::begin_identity(std::string_view name) {
  const size_t start = identity_name_starts_.empty() ? 0 : identity_name_starts_.back();
  check(std::string_view(identity_names_).substr(start) < name, "identities are packed in the order of their names");
  check(first_images_.empty() || first_images_.back() < images_.size(), "every identity has an image");
  fingerprint_.add_identity(name);
  first_images_.push_back(images_.size());
  identity_name_starts_.push_back(identity_names_.size());
  identity_names_ += name;
}

void PackedWriter::add_image(std::string_view file_name, std::span<const uint8_t> bytes) {
  check(!first_images_.empty(), "an image has an identity");
  fingerprint_.add_image(file_name);
  images_.push_back({.offset = file_.size(), .name_start = image_names_.size(), .xxh3 = hash64(bytes)});
  image_names_ += file_name;
  file_.append(bytes);
}

uint64_t PackedWriter::bytes() const {
  const uint64_t tables = 2 * (first_images_.size() + 1) * sizeof(uint64_t) + identity_names_.size() +
                          (images_.size() + 1) * sizeof(PackedImage) + image_names_.size();
  return file_.size() + tables + (kPackedSections - 1) * kPackedAlignment;
}

void PackedWriter::write_section(PackedSection section, std::span<const uint8_t> bytes) {
  const std::array<uint8_t, kPackedAlignment> zeros{};
  file_.append(std::span(zeros).first(aligned(file_.size()) - file_.size()));
  header_.sections[section] = {.offset = file_.size(), .bytes = bytes.size(), .xxh3 = hash64(bytes)};
  file_.append(bytes);
}

PackedHeader PackedWriter::finish() {
  check(!images_.empty() && first_images_.back() < images_.size(),
        "a packed set has an image, and so has each of its identities");
  header_.images = images_.size();
  header_.identities = first_images_.size();
  header_.fingerprint = fingerprint_.value();
  header_.sections[kImageBytes] = {.offset = sizeof(PackedHeader), .bytes = file_.size() - sizeof(PackedHeader)};
  images_.push_back({.offset = file_.size(), .name_start = image_names_.size(), .xxh3 = 0});
  first_images_.push_back(header_.images);
  identity_name_starts_.push_back(identity_names_.size());
  write_section(kFirstImages, bytes_of(first_images_));
  write_section(kIdentityNameStarts, bytes_of(identity_name_starts_));
  write_section(kIdentityNames, bytes_of(identity_names_));
  write_section(kImageTable, bytes_of(images_));
  write_section(kImageNames, bytes_of(image_names_));
  header_.file_bytes = file_.size();
  header_.xxh3 = header_.computed_xxh3();
  file_.overwrite(0, bytes_of(header_));
  file_.commit();
  return header_;
}

}  // namespace massface
