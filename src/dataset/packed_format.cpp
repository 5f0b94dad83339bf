#include "dataset/packed_format.h"

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "core/error.h"
#include "core/file_kind.h"
#include "core/hash.h"

namespace massface {
namespace {

void require_start(std::span<const uint8_t> file) {
  const size_t size = std::min(file.size(), kPackedMagic.size());
  if (size > 0 && std::equal(file.begin(), file.begin() + static_cast<ptrdiff_t>(size), kPackedMagic.begin())) {
    require(file.size() >= sizeof(PackedHeader), "truncated: {} bytes, but the header alone takes {}", file.size(),
            sizeof(PackedHeader));
    return;
  }
  std::string first;
  for (const uint8_t byte : file.first(std::min<size_t>(file.size(), 4))) first += fmt::format(" {:02x}", byte);
  const std::string kind = kind_sentence(file);
  fail("not a packed set ({}). `massface pack` makes one{}{}",
       file.empty() ? "0 bytes" : fmt::format("first bytes{}", first), kind.empty() ? "" : ".", kind);
}

// The section's size in bytes as required by the counts, or as given if they do not determine it. Cannot overflow:
// counts are below 2^40.
uint64_t bytes_of_entries(const PackedHeader& header, size_t section) {
  switch (section) {
    case kFirstImages:
    case kIdentityNameStarts:
      return (header.identities + 1) * sizeof(uint64_t);
    case kImageTable:
      return (header.images + 1) * sizeof(PackedImage);
    default:
      return header.sections[section].bytes;
  }
}

void require_sections_in_place(const PackedHeader& header) {
  uint64_t expected = sizeof(PackedHeader);
  for (size_t i = 0; i < kPackedSections; ++i) {
    const PackedSectionPlace& section = header.sections[i];
    const bool fits = section.offset == expected && section.offset <= header.file_bytes &&
                      section.bytes <= header.file_bytes - section.offset &&
                      section.bytes == bytes_of_entries(header, i);
    require(fits, "damaged header: {} cannot be {} bytes at {} in a file of {} with {} images and {} identities",
            name_of(static_cast<PackedSection>(i)), section.bytes, section.offset, header.file_bytes, header.images,
            header.identities);
    expected = aligned(section.end());
  }
  require(header.sections.back().end() == header.file_bytes, "damaged header: the sections end at {} of {} bytes",
          header.sections.back().end(), header.file_bytes);
}

}  // namespace

uint64_t PackedHeader::computed_xxh3() const {
  return hash64(std::span(reinterpret_cast<const uint8_t*>(this), offsetof(PackedHeader, xxh3)));
}

std::string name_of(PackedSection section) {
  switch (section) {
    case kImageBytes:
      return "the images";
    case kFirstImages:
      return "the table of the identities' first images";
    case kIdentityNameStarts:
      return "the table of the identities' names";
    case kIdentityNames:
      return "the identities' names";
    case kImageTable:
      return "the image table";
    case kImageNames:
      return "the images' names";
  }
  check(false, "a section has a name");
  return "";
}

PackedHeader read_packed_header(std::span<const uint8_t> file) {
  require_start(file);
  PackedHeader header;
  std::memcpy(&header, file.data(), sizeof(header));
  require(header.xxh3 == header.computed_xxh3(),
          "damaged: a byte of the header, 0 to {}, is not what was written (its checksum is {}, not {})",
          sizeof(PackedHeader) - 1, hex(header.computed_xxh3()), hex(header.xxh3));
  require(header.version == kPackedVersion, "version {} of the format, but this program reads version {}",
          header.version, kPackedVersion);
  require((header.flags & ~kPackedDecoded) == 0, "flags {:x} are set that this program does not know",
          header.flags & ~kPackedDecoded);
  require(header.file_bytes == file.size(), "{}: {} bytes of the {} that were written",
          file.size() < header.file_bytes ? "truncated" : "damaged", file.size(), header.file_bytes);
  require(header.images >= 1 && header.images <= kMostPackedImages && header.identities >= 1 &&
              header.identities <= header.images,
          "damaged header: {} images of {} identities", header.images, header.identities);
  require_sections_in_place(header);
  return header;
}

}  // namespace massface
