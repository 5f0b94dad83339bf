#include "image/raw_image.h"

#include <algorithm>
#include <array>

#include "core/error.h"
#include "image/decode.h"

namespace massface {
namespace {

// Like PNG's signature: not text, and damaged by any program that treats it as text.
constexpr std::array<uint8_t, 8> kRawSignature{0x89, 'R', 'G', 'B', '8', '\r', '\n', 0x1A};

uint32_t little_endian_32(std::span<const uint8_t> bytes) {
  return uint32_t{bytes[0]} | uint32_t{bytes[1]} << 8 | uint32_t{bytes[2]} << 16 | uint32_t{bytes[3]} << 24;
}

void append_little_endian_32(std::vector<uint8_t>& bytes, int64_t value) {
  for (int shift = 0; shift < 32; shift += 8) bytes.push_back(static_cast<uint8_t>(value >> shift));
}

}  // namespace

bool starts_as_raw_image(std::span<const uint8_t> bytes) {
  return bytes.size() >= kRawSignature.size() && std::ranges::equal(bytes.first(kRawSignature.size()), kRawSignature);
}

RawImageSize read_raw_image_size(std::span<const uint8_t> bytes) {
  if (bytes.size() < kRawImageHeaderBytes) throw TruncatedImage("truncated raw image: it ends inside its header");
  const RawImageSize size{.height = little_endian_32(bytes.subspan(8, 4)),
                          .width = little_endian_32(bytes.subspan(12, 4))};
  if (size.height == 0 || size.width == 0) throw BadImage("damaged raw image: a side of 0 pixels");
  // Both sides are below 2^32, but three times their product may exceed 2^63.
  const auto pixel_bytes = static_cast<int64_t>(bytes.size()) - kRawImageHeaderBytes;
  const bool fits = size.height <= pixel_bytes / 3 / size.width;
  if (!fits || size.height * size.width * 3 != pixel_bytes) {
    throw BadImage(fmt::format("{} raw image: {} bytes of pixels, but it announces {} x {} (width x height)",
                               fits ? "damaged" : "truncated", pixel_bytes, size.width, size.height));
  }
  return size;
}

std::span<const uint8_t> raw_image_pixels(std::span<const uint8_t> bytes) {
  return bytes.subspan(kRawImageHeaderBytes);
}

std::vector<uint8_t> encode_raw_image(const Image& image) {
  constexpr int64_t kMaxSide = int64_t{UINT32_MAX};
  check(image.height >= 1 && image.width >= 1 && image.height <= kMaxSide && image.width <= kMaxSide &&
            image.pixels.size() == static_cast<size_t>(image.height * image.width * 3),
        "an image holds height x width x 3 bytes");
  std::vector<uint8_t> bytes;
  bytes.reserve(kRawImageHeaderBytes + image.pixels.size());
  bytes.assign(kRawSignature.begin(), kRawSignature.end());
  append_little_endian_32(bytes, image.height);
  append_little_endian_32(bytes, image.width);
  bytes.insert(bytes.end(), image.pixels.begin(), image.pixels.end());
  return bytes;
}

}  // namespace massface
