// PyTorch's checkpoint files, in both forms. Checksums of a zip archive are made to fit, or hardly a changed byte would
// come past them.
#include <zlib.h>

#include <cstring>

#include "core/testing_fuzz.h"
#include "tensor_file/testing_torch_objects.h"
#include "tensor_file/torch_file.h"

namespace massface {
namespace {

// In the central directory: each entry's checksum at 16, its size at 20, the lengths of its name, extra field and
// comment at 28, 30 and 32, the place of its local header at 42. In a local header, the lengths are at 26 and 28.
std::vector<uint8_t> with_checksums(std::span<const uint8_t> bytes) {
  std::vector<uint8_t> zip(bytes.begin(), bytes.end());
  const auto number = [&](size_t at, size_t size) {
    uint32_t value = 0;
    if (at + size <= zip.size()) std::memcpy(&value, zip.data() + at, size);
    return size_t{value};
  };
  for (size_t at = 0; at + 46 <= zip.size(); ++at) {
    if (std::memcmp(zip.data() + at, "PK\x01\x02", 4) != 0) continue;
    const size_t size = number(at + 20, 4), local = number(at + 42, 4);
    const size_t start = local + 30 + number(local + 26, 2) + number(local + 28, 2);
    if (start > zip.size() || size > zip.size() - start) continue;
    const auto crc = static_cast<uint32_t>(::crc32(0, zip.data() + start, static_cast<uInt>(size)));
    std::memcpy(zip.data() + at + 16, &crc, 4);
  }
  return zip;
}

void read(std::span<const uint8_t> bytes) {
  try {
    decode_torch_file(bytes, "x");
  } catch (const Error&) {
  }
  if (bytes.size() > 2 && bytes[0] == 'P' && bytes[1] == 'K') decode_torch_file(with_checksums(bytes), "x");
}

std::vector<std::vector<uint8_t>> seeds() {
  return {torch_zip_file(), torch_legacy_file(), torch_objects_by_protocol_2(), torch_objects_by_protocol_4()};
}

}  // namespace

FuzzTarget fuzz_target() {
  return {read,
          seeds,
          {"PK\x01\x02", "PK\x03\x04", "PK\x05\x06", "PK\x06\x06", "PK\x06\x07", "PK\x07\x08", "/data.pkl", "/data/0",
           "/byteorder", "little", "constants.pkl"}};
}

}  // namespace massface
