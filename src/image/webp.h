#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace massface {

// What a WebP file says about itself before its pixels.
struct WebpFrame {
  int64_t height;  // at most 16,383, as is width
  int64_t width;
  bool has_alpha;
  bool lossy;  // VP8; otherwise lossless, of which a few bytes may hold any number of equal pixels
};

// bytes begin as starts_as_webp() says. Throws BadImage, also for a file that is shorter than it says and for an
// animation, which is no photograph.
WebpFrame read_webp_frame(std::span<const uint8_t> bytes);

// "RIFF", four bytes of a size, "WEBP".
bool starts_as_webp(std::span<const uint8_t> bytes);

// Decodes to rgb, frame.height * frame.width * 3 bytes: alpha over black. The frame may also be that of the bytes with
// smaller sides; libwebp then averages the pixels that fall together. rgba is working memory that may be kept between
// images. Throws BadImage.
void decode_webp_into(std::span<const uint8_t> bytes, const WebpFrame& frame, std::vector<uint8_t>& rgba, uint8_t* rgb);

// The content of the EXIF chunk, a view of the bytes: as a JPEG has it, but mostly without "Exif\0\0" in front. Empty
// where there is none, or no WebP. Throws nothing.
std::span<const uint8_t> webp_exif(std::span<const uint8_t> bytes);

}  // namespace massface
