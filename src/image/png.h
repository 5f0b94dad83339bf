#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace massface {

struct PngSize {
  int64_t height;
  int64_t width;
};

bool starts_as_png(std::span<const uint8_t> bytes);

// bytes begin as starts_as_png() says. Throws BadImage.
PngSize read_png_size(std::span<const uint8_t> bytes);

// Decodes to rgb, size.height * size.width * 3 bytes: 16 bits reduced to the high byte, alpha (also that of a tRNS
// chunk) over black. rgba is working memory that may be kept between images. Throws BadImage.
void decode_png_into(std::span<const uint8_t> bytes, PngSize size, std::vector<uint8_t>& rgba, uint8_t* rgb);

// The content of the eXIf chunk, a view of the bytes: as a JPEG has it, but mostly without "Exif\0\0" in front. It may
// stand behind the pixels, so the chunks are walked to the end; its checksum is not looked at, as JPEG and WebP have
// none. Empty where there is none, the file ends within it, or it is no PNG. Throws nothing.
std::span<const uint8_t> png_exif(std::span<const uint8_t> bytes);

}  // namespace massface
