// EXIF blocks: of the formats that have one, and as a bare block, which is put into a JPEG.
#include <string>

#include "image/encode.h"
#include "image/orientation.h"
#include "image/testing_fuzz_image.h"
#include "image/testing_samples.h"

namespace massface {
namespace {

constexpr std::string_view kExif("Exif\0\0", 6);

std::vector<uint8_t> jpeg_with(std::span<const uint8_t> block) {
  const size_t length = 2 + kExif.size() + block.size();
  std::vector<uint8_t> jpeg = {0xFF, 0xD8, 0xFF, 0xE1, static_cast<uint8_t>(length >> 8), static_cast<uint8_t>(length)};
  jpeg.insert(jpeg.end(), kExif.begin(), kExif.end());
  jpeg.insert(jpeg.end(), block.begin(), block.end());
  jpeg.insert(jpeg.end(), {0xFF, 0xDA, 0, 2});
  return jpeg;
}

void read(std::span<const uint8_t> bytes) {
  const int whole = read_orientation(bytes);
  check(whole >= 1 && whole <= 8, "an orientation is 1 to 8");
  if (bytes.size() < 60'000) {
    const int block = read_orientation(jpeg_with(bytes));
    check(block >= 1 && block <= 8, "the orientation of a block is 1 to 8");
  }
}

std::vector<std::vector<uint8_t>> seeds() {
  const std::vector<uint8_t> little = {'I', 'I', 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 1, 3,
                                       0,   1,   0,  0, 0, 6, 0, 0, 0, 0, 0,    0, 0};
  const std::vector<uint8_t> big = {'M', 'M', 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0,
                                    3,   0,   0, 0,  1, 0, 3, 0, 0, 0, 0, 0,    0};
  const Image image = sample::gradient(2, 3);
  return {little,
          big,
          jpeg_with(big),
          with_orientation(encode_jpeg(image, 50), 8),
          sample::png({.height = 1, .width = 1, .color_type = 0, .bit_depth = 8, .samples = {9}, .exif = little}),
          sample::extended_webp(sample::webp(image, sample::kLossless), 8, {.name = "EXIF", .content = big})};
}

}  // namespace

FuzzTarget fuzz_target() {
  return {read,
          seeds,
          {std::string(kExif), "\xff\xe1", "\xff\xfe", "eXIf", "EXIF", std::string("II*\0", 4), std::string("MM\0*", 4),
           std::string("\x12\x01\x03\x00", 4), std::string("\x01\x12\x00\x03", 4), std::string("\x69\x87\x04\x00", 4)}};
}

}  // namespace massface
