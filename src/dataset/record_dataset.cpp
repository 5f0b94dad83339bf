#include "dataset/record_dataset.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <tuple>

#include "core/error.h"
#include "core/files.h"
#include "core/hash.h"
#include "dataset/name_fingerprint.h"
#include "image/decode.h"
#include "image/webp.h"

namespace massface {
namespace {

namespace fs = std::filesystem;

// From here on, float32 does not represent every whole number.
constexpr uint64_t kInexact = uint64_t{1} << 24;

uint64_t whole_number(float label) {
  require(std::isfinite(label) && label >= 0 && label <= 4e9f && label == std::floor(label),
          "the label {} is not a whole number from 0 to 4e9", label);
  return static_cast<uint64_t>(label);
}

// The range [first, end) of records that a record without an image stands for, from its two labels.
std::pair<uint64_t, uint64_t> range_of(const ImageRecord& record) {
  require(record.image.empty() && record.labels.size() >= 2, "expected two labels and no image, found {} and {} bytes",
          record.labels.size(), record.image.size());
  const uint64_t first = whole_number(record.labels[0]), end = whole_number(record.labels[1]);
  require(first <= end, "the range from {} to {} is reversed", first, end);
  return {first, end};
}

// Returns the entries of the keys first .. end-1. Throws Error if any of them is missing.
std::span<const RecordIndexEntry> entries_of(const std::vector<RecordIndexEntry>& entries, uint64_t first,
                                             uint64_t end) {
  const auto begin = std::ranges::lower_bound(entries, first, {}, &RecordIndexEntry::key);
  const auto left = static_cast<uint64_t>(entries.end() - begin);
  // The keys are sorted and unique, so the last one is in its place only if none is missing.
  const bool complete =
      first < end && end - first <= left && begin[static_cast<ptrdiff_t>(end - first - 1)].key == end - 1;
  require(first == end || complete, "records {} to {} are referenced, but not all of them are in the index", first,
          end - 1);
  return {begin, static_cast<size_t>(end - first)};
}

fs::path index_path(const fs::path& records) { return fs::path(records).replace_extension(".idx"); }

size_t digits(uint64_t number) { return std::to_string(number).size(); }

std::string padded(uint64_t number, size_t width) { return fmt::format("{:0{}}", number, width); }

}  // namespace

bool is_record_file(const fs::path& path) {
  uint32_t magic = 0;
  std::ifstream stream(path, std::ios::binary);
  return stream.read(reinterpret_cast<char*>(&magic), sizeof(magic)) && magic == kRecordMagic;
}

RecordDataset::RecordDataset(const fs::path& records) : path_(records.native()), file_(records) {
  const fs::path index = index_path(records);
  std::error_code unreachable;
  require(fs::exists(index, unreachable),
          "{} needs {} next to it, which lists where each record begins (MXNet's "
          "tools/rec2idx.py creates it)",
          printable(path_), printable(index.native()));
  images_ = find_images(read_record_index(index));
  require(!images_.empty(), "{} holds no image", printable(path_));
  std::ranges::sort(images_, {}, [](const Image& image) { return std::tuple(image.number, image.entry.key); });
  const auto twice = std::ranges::adjacent_find(images_, {}, [](const Image& image) { return image.entry.key; });
  require(twice == images_.end(), "{}: record {} is listed twice as an image of one identity", printable(path_),
          twice == images_.end() ? 0 : twice->entry.key);
  name_images();
}

// Throws Error that names the file and the record.
ImageRecord RecordDataset::record(const RecordIndexEntry& entry, std::vector<uint8_t>& storage) const {
  try {
    return parse_image_record(file_.read(entry.offset, storage));
  } catch (const Error& error) {
    fail("{}[{}]: {}", printable(path_), entry.key, error.what());
  }
}

std::vector<RecordDataset::Image> RecordDataset::find_images(const std::vector<RecordIndexEntry>& entries) const {
  if (entries.empty() || entries.front().key != 0) return images_by_label(entries);
  std::vector<uint8_t> storage;
  const ImageRecord head = record(entries.front(), storage);
  if (!head.image.empty()) return images_by_label(entries);
  try {
    const auto [first, end] = range_of(head);
    if (end >= kInexact) return images_by_label(entries);
    return images_of_ranges(entries, first, end);
  } catch (const Error& error) {
    fail("{}: the layout that its record 0 announces does not match its records: {}", printable(path_), error.what());
  }
}

std::vector<RecordDataset::Image> RecordDataset::images_of_ranges(const std::vector<RecordIndexEntry>& entries,
                                                                  uint64_t first, uint64_t end) const {
  std::vector<Image> images;
  std::vector<uint8_t> storage;
  for (const RecordIndexEntry& identity : entries_of(entries, first, end)) {
    const auto [first_image, end_image] = range_of(record(identity, storage));
    const auto entries_of_identity = entries_of(entries, first_image, end_image);
    if (entries_of_identity.empty()) continue;
    require(images.size() + entries_of_identity.size() <= entries.size(),
            "its identities name more images than there are records");
    const uint64_t number = whole_number(record(entries_of_identity.front(), storage).labels.front());
    for (const RecordIndexEntry& image : entries_of_identity) images.push_back({number, image});
  }
  return images;
}

std::vector<RecordDataset::Image> RecordDataset::images_by_label(const std::vector<RecordIndexEntry>& entries) const {
  std::vector<Image> images;
  images.reserve(entries.size());
  std::vector<uint8_t> storage;
  for (const RecordIndexEntry& entry : entries) {
    const ImageRecord image = record(entry, storage);
    if (image.image.empty()) continue;
    try {
      images.push_back({whole_number(image.labels.front()), entry});
    } catch (const Error& error) {
      fail("{}[{}]: {}", printable(path_), entry.key, error.what());
    }
  }
  return images;
}

void RecordDataset::name_images() {
  const uint64_t largest_key =
      std::ranges::max(images_, {}, [](const Image& image) { return image.entry.key; }).entry.key;
  key_digits_ = digits(largest_key);
  std::vector<uint8_t> storage;
  const auto first = record(images_.front().entry, storage).image;
  if (first.size() > 1 && first[1] == 'P') ending_ = ".png";
  if (starts_as_webp(first)) ending_ = ".webp";
  std::vector<std::string> names;
  std::vector<IdentityIndex> identity_of_image;
  const size_t number_digits = digits(images_.back().number);
  for (size_t i = 0; i < images_.size(); ++i) {
    if (i == 0 || images_[i].number != images_[i - 1].number) names.push_back(padded(images_[i].number, number_digits));
    identity_of_image.push_back(static_cast<IdentityIndex>(names.size()) - 1);
  }
  set_identities(std::move(names), identity_of_image);
  fingerprint_ = fingerprint_of_names(*this);
}

uint64_t RecordDataset::places_fingerprint() const {
  uint64_t hash = 0;
  for (const Image& image : images_) hash = hash64(std::to_string(image.entry.offset), hash);
  return hash;
}

std::string RecordDataset::image_name(ImageIndex image) const {
  return fmt::format("{}[{}]", path_, images_[static_cast<size_t>(image)].entry.key);
}

std::string RecordDataset::file_name(ImageIndex image) const {
  return padded(images_[static_cast<size_t>(image)].entry.key, key_digits_) + ending_;
}

std::vector<uint8_t> RecordDataset::read_bytes(ImageIndex image) const {
  std::vector<uint8_t> storage;
  const auto bytes = view_bytes(image, storage);
  return {bytes.begin(), bytes.end()};
}

std::span<const uint8_t> RecordDataset::view_bytes(ImageIndex image, std::vector<uint8_t>& storage) const {
  const Image& wanted = images_[static_cast<size_t>(image)];
  const ImageRecord found = record(wanted.entry, storage);
  try {
    file_.require_whole(found.image);
  } catch (const Error& error) {
    fail("{}[{}]: {}", printable(path_), wanted.entry.key, error.what());
  }
  // The number came from the record's range or from its label when the set was opened.
  require(found.labels.front() == static_cast<float>(wanted.number),
          "{}[{}]: its label is {}, but it is among the images of identity {}", printable(path_), wanted.entry.key,
          found.labels.front(), wanted.number);
  return found.image;
}

}  // namespace massface
