// PNGs. A copy whose checksums are made to fit is decoded as well, or hardly a changed byte would come past them.
#include <zlib.h>

#include <algorithm>
#include <string>

#include "image/testing_fuzz_image.h"
#include "image/testing_samples.h"

namespace massface {
namespace {

uint32_t big_endian_at(std::span<const uint8_t> bytes, size_t at) {
  uint32_t number = 0;
  for (size_t i = 0; i < 4; ++i) number = number << 8 | bytes[at + i];
  return number;
}

// A chunk is its length, its name, that many bytes, and the CRC-32 of name and bytes.
std::vector<uint8_t> with_checksums(std::span<const uint8_t> bytes) {
  std::vector<uint8_t> png(bytes.begin(), bytes.end());
  for (size_t at = 8; at + 12 <= png.size();) {
    const size_t length = big_endian_at(png, at);
    if (length > png.size() - at - 12) break;
    const uLong crc = ::crc32(0, png.data() + at + 4, static_cast<uInt>(length + 4));
    for (size_t i = 0; i < 4; ++i) png[at + 8 + length + i] = static_cast<uint8_t>(crc >> (24 - 8 * i));
    at += length + 12;
  }
  return png;
}

void read(std::span<const uint8_t> bytes) {
  try {
    decode_fuzzed(bytes);
  } catch (const BadImage&) {
  }
  decode_fuzzed(with_checksums(bytes));
}

std::vector<std::vector<uint8_t>> seeds() {
  const auto samples = [](size_t count) { return std::vector<uint8_t>(count, 77); };
  return {sample::png({.height = 3, .width = 5, .color_type = 2, .bit_depth = 8, .samples = samples(45)}),
          sample::png({.height = 3, .width = 5, .color_type = 6, .bit_depth = 16, .samples = samples(120)}),
          sample::png({.height = 5,
                       .width = 3,
                       .color_type = 0,
                       .bit_depth = 8,
                       .samples = samples(15),
                       .transparent_grey = 77,
                       .interlaced = true}),
          sample::png({.height = 2,
                       .width = 4,
                       .color_type = 3,
                       .bit_depth = 8,
                       .samples = std::vector<uint8_t>(8, 1),
                       .palette = {{1, 2, 3, 4}, {250, 251, 252, 128}}})};
}

}  // namespace

FuzzTarget fuzz_target() { return {read, seeds, {"IHDR", "PLTE", "IDAT", "IEND", "tRNS", "eXIf", "gAMA", "iCCP"}}; }

}  // namespace massface
