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
//   4 bytes  the upper 3 bits: 0 a whole record, 1 its first part, 2 a middle part, 3 its last; the lower 29: its bytes
//   the bytes, then zeros up to a multiple of 4
// A record that holds the magic number at a multiple of 4 was cut there, and the number left out: it stands between
// the parts of one.
inline constexpr uint32_t kRecordMagic = 0xced7230a;

// What image records begin with (python/mxnet/recordio.py, IRHeader): flag, label, id, id2 as uint32, float32, uint64,
// uint64. With a flag above 0 so many float32 labels follow, and `label` means nothing.
struct ImageRecord {
  uint64_t id = 0;
  std::vector<float> labels;  // at least one
  std::span<const uint8_t> image;
};

class RecordFile {
 public:
  // Throws Error that names the file: unreadable, or not records.
  explicit RecordFile(const std::filesystem::path& path);

  // The record at `offset`: a view of the file, or of `storage` for one in several parts. Thread-safe. Throws Error,
  // which names neither the file nor the record, where there is none.
  std::span<const uint8_t> read(uint64_t offset, std::vector<uint8_t>& storage) const;

 private:
  const MappedFile file_;
};

// Throws Error where the record is too short for what it announces.
ImageRecord parse_image_record(std::span<const uint8_t> record);

struct RecordIndexEntry {
  uint64_t key;
  uint64_t offset;  // of the record in the file, in bytes
};

// The index beside a record file: lines of `key offset` with a tab between. Returns them in the order of the keys.
// Throws Error with file and line: not two numbers, or a key twice.
std::vector<RecordIndexEntry> read_record_index(const std::filesystem::path& path);

}  // namespace massface
