#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "core/mapped_file.h"

namespace massface {

// MXNet's RecordIO (dmlc-core/include/dmlc/recordio.h): records that begin at multiples of 4, each
//   4 bytes  0xced7230a, little-endian
//   4 bytes  upper 3 bits: 0 a whole record, 1 its first part, 2 a middle part, 3 its last part; lower 29 bits: length
//            in bytes
//   the bytes, then zeros up to a multiple of 4
// A record that contains the magic number at a multiple of 4 was split there without the number, which a reader puts
// back between the parts.
inline constexpr uint32_t kRecordMagic = 0xced7230a;

// The content of an image record. It begins with IRHeader (python/mxnet/recordio.py): flag, label, id, id2 as uint32,
// float32, uint64, uint64. If flag is above 0, that many float32 labels follow, and `label` means nothing.
struct ImageRecord {
  uint64_t id = 0;
  std::vector<float> labels;  // at least one
  std::span<const uint8_t> image;
};

class RecordFile {
 public:
  // Throws Error that names the file if it is unreadable or does not hold records.
  explicit RecordFile(const std::filesystem::path& path);

  // Returns the record at `offset`: a view of the file or, for a record in several parts, of `storage`. Thread-safe.
  // Throws Error, which names neither the file nor the record, if no record begins there.
  std::span<const uint8_t> read(uint64_t offset, std::vector<uint8_t>& storage) const;

  // Throws Error, which does not name the file, if it was cut short or became unreadable since it was opened, so that
  // the bytes, a part of what read() returned, may be zeros.
  void require_whole(std::span<const uint8_t> bytes) const;

 private:
  std::span<const uint8_t> read_parts(uint64_t offset, std::vector<uint8_t>& storage) const;

  const MappedFile file_;
  const OpenFileSize size_;
};

// Throws Error if the record is too short for what it announces.
ImageRecord parse_image_record(std::span<const uint8_t> record);

struct RecordIndexEntry {
  uint64_t key;
  uint64_t offset;  // of the record in the file, in bytes
};

// Reads the index of a record file, lines of `key offset` separated by a tab. Returns the entries sorted by key. Throws
// Error that names the file and the line if a line is not two numbers, or the file and the key if a key occurs twice or
// two keys have one offset.
std::vector<RecordIndexEntry> read_record_index(const std::filesystem::path& path);

}  // namespace massface
