#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "image/image.h"

namespace massface {

// A decoded image with its size, as stored by `massface pack --decode` (docs/formats/packed.md):
//   0  eight bytes 89 52 47 42 38 0D 0A 1A ("\x89RGB8\r\n\x1A")
//   8  height, then 12 width, in pixels, unsigned 32 bits, little-endian, each at least 1
//  16  height x width x 3 bytes, rows of RGB without padding, and nothing after
inline constexpr int64_t kRawImageHeaderBytes = 16;

struct RawImageSize {
  int64_t height;
  int64_t width;
};

bool starts_as_raw_image(std::span<const uint8_t> bytes);

// Requires starts_as_raw_image(bytes). Throws BadImage unless there are exactly as many pixels as the size announces.
RawImageSize read_raw_image_size(std::span<const uint8_t> bytes);

// The pixels of an image that read_raw_image_size() has accepted.
std::span<const uint8_t> raw_image_pixels(std::span<const uint8_t> bytes);

std::vector<uint8_t> encode_raw_image(const Image& image);

}  // namespace massface
