#pragma once

#include <algorithm>
#include <cstring>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "dataset/record_file.h"
#include "dataset/testing_packed.h"

namespace massface {

// For tests: MXNet records as MXNet's own writer makes them (dmlc-core src/recordio.cc, python/mxnet/recordio.py,
// insightface src/data/face2rec2.py).
class TestingRecords {
 public:
  void add(uint64_t key, const std::vector<float>& labels, std::span<const uint8_t> image) {
    // As in pack(): a single number is the label itself; an array follows the header, and flag is its length.
    Bytes record;
    const bool is_array = labels.size() > 1;
    append(record, static_cast<uint32_t>(is_array ? labels.size() : 0));
    append(record, is_array ? 0.0f : labels.front());
    append(record, key);
    append(record, uint64_t{0});
    if (is_array) {
      for (const float label : labels) append(record, label);
    }
    record.insert(record.end(), image.begin(), image.end());
    index += std::to_string(key) + "\t" + std::to_string(records.size()) + "\n";
    write_record(record);
  }

  Bytes records;
  std::string index;

 private:
  template <typename Number>
  static void append(Bytes& bytes, Number number) {
    const auto* start = reinterpret_cast<const uint8_t*>(&number);
    bytes.insert(bytes.end(), start, start + sizeof(number));
  }

  void write_part(uint32_t kind, std::span<const uint8_t> bytes) {
    append(records, kRecordMagic);
    append(records, static_cast<uint32_t>(kind << 29 | bytes.size()));
    records.insert(records.end(), bytes.begin(), bytes.end());
    records.resize((records.size() + 3) / 4 * 4);
  }

  // As in RecordIOWriter::WriteRecord: splits the record wherever it contains the magic number at a multiple of 4.
  void write_record(std::span<const uint8_t> record) {
    size_t start = 0;
    for (size_t at = 0; at + 4 <= record.size(); at += 4) {
      if (std::memcmp(record.data() + at, &kRecordMagic, 4) != 0) continue;
      write_part(start == 0 ? 1 : 2, record.subspan(start, at - start));
      start = at + 4;
    }
    write_part(start == 0 ? 0 : 3, record.subspan(start));
  }
};

// Records in the layout of insightface's sets: images from key 1 on, identity by identity, then one record per
// identity, and record 0 with the range of those.
inline TestingRecords insightface_records(const std::vector<std::pair<float, std::vector<Bytes>>>& identities) {
  TestingRecords set;
  uint64_t images = 0;
  for (const auto& [label, bytes] : identities) images += bytes.size();
  const auto first_identity = static_cast<float>(images + 1);
  set.add(0, {first_identity, first_identity + static_cast<float>(identities.size())}, {});
  uint64_t key = 1;
  std::vector<std::vector<float>> ranges;
  for (const auto& [label, bytes] : identities) {
    ranges.push_back({static_cast<float>(key), static_cast<float>(key + bytes.size())});
    for (const Bytes& image : bytes) set.add(key++, {label}, image);
  }
  for (const auto& range : ranges) set.add(key++, range, {});
  return set;
}

}  // namespace massface
