#include "image/orientation.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>

#include "core/testing_mutations.h"
#include "image/decode.h"
#include "image/encode.h"
#include "image/testing_samples.h"

namespace massface {
namespace {

using Bytes = std::vector<uint8_t>;

// EXIF with only this tag, big-endian.
Bytes exif_of(int orientation) {
  const auto tag = static_cast<uint8_t>(orientation);
  return {'M', 'M', 0, 42, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, tag, 0, 0, 0, 0, 0, 0};
}

Bytes png_with(const Bytes& exif) {
  const Image image = sample::gradient(4, 6);
  return sample::png({.height = 4, .width = 6, .color_type = 2, .bit_depth = 8, .samples = image.pixels, .exif = exif});
}

// The beginning of the eXIf chunk of a PNG.
Bytes::iterator exif_chunk(Bytes& png) { return std::ranges::search(png, std::string("eXIf")).begin() - 4; }

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

Bytes segment_of(uint8_t marker, const Bytes& payload) {
  Bytes segment{0xFF, marker, static_cast<uint8_t>((payload.size() + 2) >> 8),
                static_cast<uint8_t>((payload.size() + 2) & 0xFF)};
  for (const uint8_t byte : payload) segment.push_back(byte);
  return segment;
}

TEST(Orientation, OfAJpegMayStandBehindAnySegments) {
  const Bytes jpeg = with_orientation(encode_jpeg(sample::gradient(16, 24), 90), 6);
  const auto behind = [&jpeg](const Bytes& inserted) {
    Bytes longer = jpeg;
    longer.insert(longer.begin() + 2, inserted.begin(), inserted.end());
    return longer;
  };
  const std::string xmp = "http://ns.adobe.com/xap/1.0/";
  const std::map<std::string, Bytes> inserted{
      {"comment", segment_of(0xFE, Bytes(300, 'c'))},
      {"quantization table", segment_of(0xDB, Bytes(65, 1))},
      {"restart interval", segment_of(0xDD, {0, 0})},
      {"xmp", segment_of(0xE1, Bytes(xmp.begin(), xmp.end()))},
      {"profile", segment_of(0xE2, Bytes(60000, 9))},
      {"fill bytes", {0xFF, 0xFF, 0xFF}},
      {"garbage behind a comment", {0xFF, 0xFE, 0, 3, 'c', 1, 2, 3}},
  };
  Bytes all;
  for (const auto& [name, bytes] : inserted) {
    EXPECT_EQ(read_orientation(behind(bytes)), 6) << name;
    all.insert(all.end(), bytes.begin(), bytes.end());
  }
  EXPECT_EQ(read_orientation(behind(all)), 6);
  EXPECT_EQ(read_image_header(behind(all)).width, 24);
}

TEST(Orientation, OfAJpegIsNotThatOfBytesWithinASegment) {
  const Bytes turned = with_orientation(encode_jpeg(sample::gradient(16, 24), 90), 6);
  Bytes jpeg = encode_jpeg(sample::gradient(16, 24), 90);
  const Bytes comment = segment_of(0xFE, Bytes(turned.begin(), turned.begin() + 60));
  jpeg.insert(jpeg.begin() + 2, comment.begin(), comment.end());
  EXPECT_EQ(read_orientation(jpeg), 1) << "a picture in a comment";
  const Bytes tail(turned.begin() + 2, turned.begin() + 40);
  jpeg.insert(jpeg.end(), tail.begin(), tail.end());
  EXPECT_EQ(read_orientation(jpeg), 1) << "behind the pixels";
}

TEST(Orientation, OfAWebpNeedsNoFlag) {
  const auto still = sample::webp(sample::gradient(16, 24), sample::kLossy);
  EXPECT_EQ(read_orientation(sample::extended_webp(still, 0, {"EXIF", exif_of(6)})), 6);
}

TEST(Orientation, IsReadFromTheChunkOfAWebp) {
  const auto still = sample::webp(sample::gradient(16, 24), sample::kLossy);
  EXPECT_EQ(read_orientation(still), 1);
  Bytes exif = exif_of(6);
  const auto turned = sample::extended_webp(still, 8, {"EXIF", exif});
  EXPECT_EQ(read_orientation(turned), 6);
  EXPECT_EQ(ImageDecoder().decode(turned).width, 24) << "the decoder shows what is stored";
  // In the form that a JPEG has, which some writers keep.
  const std::string start("Exif\0\0", 6);
  exif.insert(exif.begin(), start.begin(), start.end());
  EXPECT_EQ(read_orientation(sample::extended_webp(still, 8, {"EXIF", exif})), 6);
  for (size_t size = 0; size < turned.size(); ++size) read_orientation(std::span(turned).first(size));
}

TEST(Orientation, IsReadFromTheChunkOfAPng) {
  for (int orientation = 1; orientation <= 8; ++orientation) {
    EXPECT_EQ(read_orientation(png_with(exif_of(orientation))), orientation);
  }
  EXPECT_EQ(read_orientation(png_with(exif_of(9))), 1);
  EXPECT_EQ(read_orientation(
                png_with({'I', 'I', 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 0x01, 3, 0, 1, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0})),
            6)
      << "little-endian";
  EXPECT_EQ(ImageDecoder().decode(png_with(exif_of(6))).width, 6) << "the decoder shows what is stored";
}

TEST(Orientation, OfAPngMayStandBehindItsPixels) {
  Bytes png = png_with(exif_of(6));
  constexpr ptrdiff_t kExif = 12 + 26, kEnd = 12;  // bytes of the chunk, and of IEND
  const auto chunk = exif_chunk(png);
  std::rotate(chunk, chunk + kExif, png.end() - kEnd);
  ASSERT_EQ(exif_chunk(png), png.end() - kEnd - kExif);
  EXPECT_EQ(read_orientation(png), 6);
  EXPECT_EQ(ImageDecoder().decode(png).pixels, sample::gradient(4, 6).pixels);
}

TEST(Orientation, OfAPngMayBeginAsAJpegsDoes) {
  Bytes png = png_with(exif_of(6));
  const std::string start("Exif\0\0", 6);
  exif_chunk(png)[3] += 6;
  png.insert(exif_chunk(png) + 8, start.begin(), start.end());
  EXPECT_EQ(read_orientation(png), 6);
  EXPECT_EQ(ImageDecoder().decode(png).width, 6);
}

TEST(Orientation, OfADamagedPngIsOneOrAnother) {
  Bytes png = png_with(exif_of(6));
  const auto behind = static_cast<size_t>(exif_chunk(png) - png.begin()) + 12 + 26;
  for (size_t size = 0; size < png.size(); ++size) {
    // A copy of its own, so that a read past the end is one past the allocation.
    const Bytes cut(png.begin(), png.begin() + static_cast<ptrdiff_t>(size));
    EXPECT_EQ(read_orientation(cut), size < behind ? 1 : 6) << size;
  }
  for (const uint8_t high : {0x00, 0x7F, 0x80, 0xFF}) {
    Bytes longer = png;
    std::fill_n(exif_chunk(longer), 3, high);
    exif_chunk(longer)[3] = 0xFF;
    EXPECT_EQ(read_orientation(longer), 1) << "a chunk longer than the file";
  }
  Bytes empty = png;
  exif_chunk(empty)[3] = 0;
  EXPECT_EQ(read_orientation(empty), 1);
  try_mutations(png, behind, 3000, [](const Bytes& bytes) {
    const int orientation = read_orientation(bytes);
    EXPECT_TRUE(orientation >= 1 && orientation <= 8);
  });
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
// d e f   as stored under each tag, so that upright() restores it.
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
  const Image png = decoder.decode_reduced(encode_png(image), 10);
  EXPECT_EQ(png.width, 80);
  EXPECT_EQ(png.height, 50);
  EXPECT_NEAR(png.pixels[3 * 79], image.pixels[3 * 636], 3);
  EXPECT_EQ(decoder.decode_reduced(encode_png(image), 321).pixels, image.pixels);
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
  // Alpha is composited over black at a reduced size as well: one of four pixels is white, the others are transparent
  // white.
  std::vector<uint8_t> rgba;
  for (int i = 0; i < 64; ++i) rgba.insert(rgba.end(), {255, 255, 255, static_cast<uint8_t>(i % 4 == 0 ? 255 : 0)});
  const Image grey = decoder.decode_reduced(sample::webp_with_alpha(rgba, 1, 64), 16);
  ASSERT_EQ(grey.width, 16);
  for (const uint8_t value : grey.pixels) EXPECT_NEAR(value, 64, 2);
}

}  // namespace
}  // namespace massface
