#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace massface {

// What a WebP file announces before its pixels.
struct WebpFrame {
  int64_t height;  // at most 16,383, as is width
  int64_t width;
  bool has_alpha;
  bool lossy;  // VP8; otherwise lossless, where a few bytes may hold any number of equal pixels
};

// Requires starts_as_webp(bytes). Throws BadImage, also for a file that is shorter than it announces and for an
// animation, which is not a photograph.
WebpFrame read_webp_frame(std::span<const uint8_t> bytes);

// Returns whether the bytes begin with "RIFF", four bytes of a size, "WEBP".
bool starts_as_webp(std::span<const uint8_t> bytes);

// Decodes into rgb, frame.height * frame.width * 3 bytes, with alpha composited over black. frame: that of the bytes,
// or the same with smaller sides; libwebp then averages the pixels that fall together. rgba: working memory that may be
// kept between images. Throws BadImage.
void decode_webp_into(std::span<const uint8_t> bytes, const WebpFrame& frame, std::vector<uint8_t>& rgba, uint8_t* rgb);

// Returns the content of the EXIF chunk, a view of the bytes: the same as in a JPEG, but usually without the leading
// "Exif\0\0". Chunks are searched to the end, whatever stands before it and whatever the flags of the file's VP8X chunk
// say: some editors forget to set them. Empty if there is no such chunk, if the file ends within it, or if it is not a
// WebP. Does not throw.
std::span<const uint8_t> webp_exif(std::span<const uint8_t> bytes);

}  // namespace massface
