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

// Requires starts_as_png(bytes). Throws BadImage.
PngSize read_png_size(std::span<const uint8_t> bytes);

// Decodes into rgb, size.height * size.width * 3 bytes. 16-bit samples are reduced to the high byte; alpha (also that
// of a tRNS chunk) is composited over black. rgba: working memory that may be kept between images. Throws BadImage.
void decode_png_into(std::span<const uint8_t> bytes, PngSize size, std::vector<uint8_t>& rgba, uint8_t* rgb);

// Returns the content of the eXIf chunk, a view of the bytes: the same as in a JPEG, but usually without the leading
// "Exif\0\0". The chunk may follow the pixels, so chunks are searched to the end; its checksum is not verified, since
// JPEG and WebP have none. Empty if there is no such chunk, if the file ends within it, or if it is not a PNG. Does not
// throw.
std::span<const uint8_t> png_exif(std::span<const uint8_t> bytes);

}  // namespace massface
