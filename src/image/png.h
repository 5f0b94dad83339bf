#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace massface {

struct PngSize {
  int64_t height;
  int64_t width;
};

// bytes begin with PNG's signature. Throws BadImage.
PngSize read_png_size(std::span<const uint8_t> bytes);

// Decodes to rgb, size.height * size.width * 3 bytes: 16 bits reduced to the high byte, alpha (also that of a tRNS
// chunk) over black. rgba is working memory that may be kept between images. Throws BadImage.
void decode_png_into(std::span<const uint8_t> bytes, PngSize size, std::vector<uint8_t>& rgba, uint8_t* rgb);

}  // namespace massface
