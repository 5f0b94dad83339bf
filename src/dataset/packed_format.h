#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <span>
#include <string>

namespace massface {

// The structs of docs/formats/packed.md. The tables are used in place in the mapped file.
static_assert(std::endian::native == std::endian::little, "the tables of a packed set are little-endian");

inline constexpr std::array<uint8_t, 8> kPackedMagic{0x89, 'M', 'F', 'P', '\r', '\n', 0x1A, '\n'};
inline constexpr uint32_t kPackedVersion = 1;
inline constexpr uint32_t kPackedDecoded = 1;  // bit of flags: the images are raw
inline constexpr uint64_t kPackedAlignment = 64;
inline constexpr uint64_t kMostPackedImages = (uint64_t{1} << 40) - 1;  // and the most identities

enum PackedSection { kImageBytes, kFirstImages, kIdentityNameStarts, kIdentityNames, kImageTable, kImageNames };
inline constexpr size_t kPackedSections = 6;

struct PackedSectionPlace {
  uint64_t offset;  // from the start of the file
  uint64_t bytes;
  uint64_t xxh3;  // 0 for kImageBytes
  uint64_t end() const { return offset + bytes; }
};

struct PackedHeader {
  std::array<uint8_t, 8> magic;
  uint32_t version;
  uint32_t flags;
  uint64_t file_bytes;
  uint64_t images;
  uint64_t identities;
  uint64_t fingerprint;
  std::array<PackedSectionPlace, kPackedSections> sections;
  std::array<uint64_t, 7> zero;
  uint64_t xxh3;  // of all bytes before it

  uint64_t computed_xxh3() const;
};
static_assert(sizeof(PackedHeader) == 256);

// An entry of the image table. There is one more than images; its starts are the ends of the last image.
struct PackedImage {
  uint64_t offset;      // from the start of the file
  uint64_t name_start;  // from the start of the images' names
  uint64_t xxh3;
};
static_assert(sizeof(PackedImage) == 24);

inline uint64_t aligned(uint64_t offset) {
  return (offset + kPackedAlignment - 1) / kPackedAlignment * kPackedAlignment;
}

// The section's name in messages: "the image table".
std::string name_of(PackedSection section);

// Returns the header at the beginning of the file. Checks everything that can be checked from these bytes and the size
// of the file: magic, checksum, version, flags, counts, and that the sections follow one another as they must and end
// with the file. Throws Error whose message does not name the file.
PackedHeader read_packed_header(std::span<const uint8_t> file);

}  // namespace massface
