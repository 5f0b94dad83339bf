// MXNet records with their index: an input is two bytes with the length of the index, the index, and the records.
#include "core/testing_fuzz.h"
#include "dataset/record_dataset.h"
#include "dataset/testing_fuzz_dataset.h"
#include "dataset/testing_records.h"
#include "image/testing_webp.h"

namespace massface {
namespace {

void read(std::span<const uint8_t> bytes) {
  static const FuzzFile records("train.rec");
  if (bytes.size() < 2) return;
  const size_t length = std::min<size_t>(bytes[0] | bytes[1] << 8, bytes.size() - 2);
  FuzzFile::write(records.folder() / "train.idx", bytes.subspan(2, length));
  records.write(bytes.subspan(2 + length));
  if (!is_record_file(records.path())) return;
  read_fuzzed_dataset(RecordDataset(records.path()));
}

std::vector<uint8_t> input_of(const TestingRecords& set) {
  std::vector<uint8_t> input = {static_cast<uint8_t>(set.index.size()), static_cast<uint8_t>(set.index.size() >> 8)};
  input.insert(input.end(), set.index.begin(), set.index.end());
  input.insert(input.end(), set.records.begin(), set.records.end());
  return input;
}

std::vector<std::vector<uint8_t>> seeds() {
  const Bytes image = smallest_webp();
  TestingRecords plain;
  plain.add(0, {3}, image);
  plain.add(1, {4}, image);
  TestingRecords split;
  Bytes with_magic(8);
  std::memcpy(with_magic.data() + 4, &kRecordMagic, 4);
  split.add(7, {1}, with_magic);
  return {input_of(plain), input_of(split), input_of(insightface_records({{0, {image, image}}, {1, {image}}}))};
}

}  // namespace

FuzzTarget fuzz_target() {
  return {read, seeds, {"\x0a\x23\xd7\xce", "0\t0\n", "1\t", "18446744073709551615", std::string("\0\0\x80\x3f", 4)}};
}

}  // namespace massface
