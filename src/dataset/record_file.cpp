#include "dataset/record_file.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <optional>
#include <string_view>

#include "core/error.h"
#include "core/file_kind.h"
#include "core/files.h"
#include "core/text_lines.h"

namespace massface {
namespace {

constexpr uint64_t kPartHeaderBytes = 8;
constexpr uint32_t kLengthBits = 29;
constexpr size_t kImageHeaderBytes = 24;

enum PartKind { kWhole, kFirst, kMiddle, kLast };

template <typename Number>
Number number_at(std::span<const uint8_t> bytes, uint64_t offset) {
  Number number;
  std::memcpy(&number, bytes.data() + offset, sizeof(number));
  return number;
}

struct Part {
  uint32_t kind;  // may be no value of PartKind
  std::span<const uint8_t> bytes;
  uint64_t next;  // where the next part begins
};

Part part_at(std::span<const uint8_t> file, uint64_t offset) {
  require(offset % 4 == 0 && offset < file.size() && file.size() - offset >= kPartHeaderBytes,
          "no record can begin at byte {} of {}", offset, file.size());
  const auto magic = number_at<uint32_t>(file, offset);
  require(magic == kRecordMagic, "byte {} is not the start of a record: {:08x} instead of {:08x}", offset, magic,
          kRecordMagic);
  const auto word = number_at<uint32_t>(file, offset + 4);
  const uint64_t size = word & ((uint32_t{1} << kLengthBits) - 1), start = offset + kPartHeaderBytes;
  require(size <= file.size() - start, "truncated: the record at byte {} has {} bytes, but the file ends after {}",
          offset, size, file.size() - start);
  return {word >> kLengthBits, file.subspan(start, size), start + (size + 3) / 4 * 4};
}

// Reads one byte of each page, so that a page that is gone is noticed now.
void touch_pages(std::span<const uint8_t> bytes) {
  constexpr size_t kSmallestPage = 4096;
  const volatile uint8_t* const first = bytes.data();
  for (size_t i = 0; i < bytes.size(); i += kSmallestPage) static_cast<void>(first[i]);
  if (!bytes.empty()) static_cast<void>(first[bytes.size() - 1]);
}

std::optional<uint64_t> parse_number(std::string_view text) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// Many keys of one long record would make it be read again and again.
void require_own_offsets(std::vector<RecordIndexEntry> entries, const std::string& index) {
  std::ranges::sort(entries, {}, &RecordIndexEntry::offset);
  const auto shared = std::ranges::adjacent_find(entries, {}, &RecordIndexEntry::offset);
  if (shared == entries.end()) return;
  fail("{}: the keys {} and {} have the same offset, {}", index, shared->key, (shared + 1)->key, shared->offset);
}

}  // namespace

RecordFile::RecordFile(const std::filesystem::path& path) : file_(path), size_(path) {
  const auto bytes = file_.bytes();
  require(bytes.size() >= kPartHeaderBytes && number_at<uint32_t>(bytes, 0) == kRecordMagic,
          "{} does not begin like MXNet records, with 0a 23 d7 ce.{}", printable(path.native()), kind_sentence(bytes));
}

std::span<const uint8_t> RecordFile::read(uint64_t offset, std::vector<uint8_t>& storage) const {
  try {
    return read_parts(offset, storage);
  } catch (const Error&) {
    require_whole({});  // the true reason for zeros where a record should begin
    throw;
  }
}

void RecordFile::require_whole(std::span<const uint8_t> bytes) const {
  touch_pages(bytes);
  require(!file_.has_lost_bytes() && size_.bytes() >= file_.bytes().size(),
          "the file was cut short, or its disk failed, after it was opened. Use another copy");
}

std::span<const uint8_t> RecordFile::read_parts(uint64_t offset, std::vector<uint8_t>& storage) const {
  Part part = part_at(file_.bytes(), offset);
  if (part.kind == kWhole) return part.bytes;
  require(part.kind == kFirst, "byte {} is not the start of a record, but of a part within one", offset);
  storage.assign(part.bytes.begin(), part.bytes.end());
  // Parts follow one another, so the gathered bytes are never more than the file.
  while (part.kind != kLast) {
    part = part_at(file_.bytes(), part.next);
    require(part.kind == kMiddle || part.kind == kLast, "the record at byte {} has no last part", offset);
    std::array<uint8_t, 4> magic;
    std::memcpy(magic.data(), &kRecordMagic, sizeof(kRecordMagic));
    storage.insert(storage.end(), magic.begin(), magic.end());
    storage.insert(storage.end(), part.bytes.begin(), part.bytes.end());
  }
  return storage;
}

ImageRecord parse_image_record(std::span<const uint8_t> record) {
  require(record.size() >= kImageHeaderBytes, "a record of {} bytes; an image record has at least {}", record.size(),
          kImageHeaderBytes);
  const auto num_labels = number_at<uint32_t>(record, 0);
  ImageRecord parsed{.id = number_at<uint64_t>(record, 8), .labels = {number_at<float>(record, 4)}};
  record = record.subspan(kImageHeaderBytes);
  if (num_labels > 0) {
    require(num_labels <= record.size() / sizeof(float), "{} labels are announced in {} bytes", num_labels,
            record.size());
    parsed.labels.resize(num_labels);
    std::memcpy(parsed.labels.data(), record.data(), num_labels * sizeof(float));
  }
  parsed.image = record.subspan(num_labels * sizeof(float));
  return parsed;
}

std::vector<RecordIndexEntry> read_record_index(const std::filesystem::path& path) {
  require_text_file(path, "the index of a record file", "Expected lines of `key offset`");
  const std::string text = read_text_file(path), name = printable(path.native());
  std::vector<RecordIndexEntry> entries;
  for (const auto& [number, whole_line] : text_lines(text)) {
    const auto fields = cut_fields(whole_line, "\t ");
    if (fields.empty()) continue;
    const auto key = parse_number(fields.front()), offset = parse_number(fields.back());
    if (fields.size() != 2 || !key || !offset) {
      fail("{}:{}: expected `key offset`, two numbers separated by a tab, found \"{}\"", name, number,
           printable(trim(whole_line).substr(0, 100)));
    }
    entries.push_back({*key, *offset});
  }
  std::ranges::sort(entries, {}, &RecordIndexEntry::key);
  const auto twice = std::ranges::adjacent_find(entries, {}, &RecordIndexEntry::key);
  require(twice == entries.end(), "{}: the key {} occurs twice", name, twice == entries.end() ? 0 : twice->key);
  require_own_offsets(entries, name);
  return entries;
}

}  // namespace massface
