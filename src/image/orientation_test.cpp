#include "image/orientation.h"

#include <gtest/gtest.h>

#include "image/decode.h"
#include "image/encode.h"
#include "image/sample_images.h"

namespace massface {
namespace {

TEST(Orientation, IsReadFromExifAndIsOneWithout) {
  const auto jpeg = encode_jpeg(sample::gradient(16, 24), 90);
  EXPECT_EQ(read_orientation(jpeg), 1);
  EXPECT_EQ(read_orientation(encode_png(sample::gradient(4, 4))), 1);
  EXPECT_EQ(read_orientation({}), 1);
  for (int orientation = 1; orientation <= 8; ++orientation) {
    EXPECT_EQ(read_orientation(with_orientation(jpeg, orientation)), orientation);
  }
  auto nine = with_orientation(jpeg, 6);
  nine[31] = 9;
  EXPECT_EQ(read_orientation(nine), 1);
  EXPECT_EQ(ImageDecoder().decode(with_orientation(jpeg, 6)).width, 24) << "the decoder shows what is stored";
}

TEST(Orientation, IsReadFromTheChunkOfAWebp) {
  const auto still = sample::webp(sample::gradient(16, 24), sample::kLossy);
  EXPECT_EQ(read_orientation(still), 1);
  std::vector<uint8_t> exif{'M', 'M', 0, 42, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0};
  const auto turned = sample::extended_webp(still, 8, {"EXIF", exif});
  EXPECT_EQ(read_orientation(turned), 6);
  EXPECT_EQ(ImageDecoder().decode(turned).width, 24) << "the decoder shows what is stored";
  // As a JPEG has it, which some writers leave as it is.
  const std::string start("Exif\0\0", 6);
  exif.insert(exif.begin(), start.begin(), start.end());
  EXPECT_EQ(read_orientation(sample::extended_webp(still, 8, {"EXIF", exif})), 6);
  for (size_t size = 0; size < turned.size(); ++size) read_orientation(std::span(turned).first(size));
}

TEST(Orientation, CutShortOrDamagedNeverCrashes) {
  const auto bytes = with_orientation(encode_jpeg(sample::gradient(16, 24), 90), 6);
  for (size_t size = 0; size < 60; ++size) read_orientation(std::span(bytes).first(size));
  for (size_t i = 0; i < 60; ++i) {
    auto damaged = bytes;
    for (int value = 0; value < 256; value += 5) {
      damaged[i] = static_cast<uint8_t>(value);
      const int orientation = read_orientation(damaged);
      EXPECT_TRUE(orientation >= 1 && orientation <= 8);
    }
  }
}

// a b c
// d e f   as each tag stores it, so that upright() gives it back.
TEST(Orientation, IsUndone) {
  const auto image = [](int64_t height, int64_t width, const std::string& letters) {
    Image made{.height = height, .width = width};
    for (const char letter : letters) made.pixels.insert(made.pixels.end(), 3, static_cast<uint8_t>(letter));
    return made;
  };
  const std::vector<Image> stored{image(2, 3, "abcdef"), image(2, 3, "cbafed"), image(2, 3, "fedcba"),
                                  image(2, 3, "defabc"), image(3, 2, "adbecf"), image(3, 2, "cfbead"),
                                  image(3, 2, "fcebda"), image(3, 2, "daebfc")};
  for (int orientation = 1; orientation <= 8; ++orientation) {
    const Image seen = upright(stored[static_cast<size_t>(orientation - 1)], orientation);
    EXPECT_EQ(seen.height, 2) << orientation;
    EXPECT_EQ(seen.pixels, stored[0].pixels) << orientation;
    EXPECT_EQ(upright(seen, opposite_orientation(orientation)).pixels,
              stored[static_cast<size_t>(orientation - 1)].pixels)
        << orientation;
  }
}

TEST(DecodeReduced, GivesALargeJpegAtAPowerOfTwo) {
  const Image image = sample::gradient(400, 640);
  const auto jpeg = encode_jpeg(image, 95);
  ImageDecoder decoder;
  EXPECT_EQ(decoder.decode_reduced(jpeg, 640).width, 640);
  EXPECT_EQ(decoder.decode_reduced(jpeg, 321).width, 640);
  EXPECT_EQ(decoder.decode_reduced(jpeg, 320).width, 320);
  EXPECT_EQ(decoder.decode_reduced(jpeg, 100).width, 160);
  const Image small = decoder.decode_reduced(jpeg, 10);
  EXPECT_EQ(small.height, 50);
  EXPECT_NEAR(small.pixels[0], image.pixels[0], 12);
  EXPECT_EQ(decoder.decode_reduced(encode_png(image), 10).width, 640);
}

TEST(DecodeReduced, GivesALargeWebpAtAPowerOfTwoAndItsMeanColours) {
  const Image image = sample::gradient(402, 640);
  ImageDecoder decoder;
  const auto webp = sample::webp(image, sample::kLossless);
  EXPECT_EQ(decoder.decode_reduced(webp, 321).pixels, image.pixels);
  const Image small = decoder.decode_reduced(webp, 160);
  EXPECT_EQ(small.width, 160);
  EXPECT_EQ(small.height, 101);  // of 100.5
  for (const int64_t x : {0, 80, 159})
    EXPECT_NEAR(small.pixels[static_cast<size_t>(3 * x)], 250 * (4 * x + 1) / 640, 2);
  // Alpha is over black at a reduced size as well: one of four pixels is white, the others are transparent white.
  std::vector<uint8_t> rgba;
  for (int i = 0; i < 64; ++i) rgba.insert(rgba.end(), {255, 255, 255, static_cast<uint8_t>(i % 4 == 0 ? 255 : 0)});
  const Image grey = decoder.decode_reduced(sample::webp_with_alpha(rgba, 1, 64), 16);
  ASSERT_EQ(grey.width, 16);
  for (const uint8_t value : grey.pixels) EXPECT_NEAR(value, 64, 2);
}

}  // namespace
}  // namespace massface
