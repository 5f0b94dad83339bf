#include "image/decode.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "image/encode.h"
#include "image/raw_image.h"
#include "image/testing_samples.h"

namespace massface {
namespace {

using Bytes = std::vector<uint8_t>;

Bytes decoded(const Bytes& bytes) { return ImageDecoder().decode(bytes).pixels; }

// The largest difference between two images' samples.
int distance(const Bytes& a, const Bytes& b) {
  EXPECT_EQ(a.size(), b.size());
  int largest = 0;
  for (size_t i = 0; i < std::min(a.size(), b.size()); ++i) largest = std::max(largest, std::abs(a[i] - b[i]));
  return largest;
}

// The beginning of the first APP14 (Adobe) segment, which is 16 bytes long.
size_t adobe_marker(const Bytes& jpeg) {
  const std::array<uint8_t, 4> start{0xFF, 0xEE, 0x00, 0x0E};
  return static_cast<size_t>(std::ranges::search(jpeg, start).begin() - jpeg.begin());
}

TEST(ReadImageHeader, TellsTheFormatByContent) {
  const auto image = sample::gradient(5, 9);
  const auto jpeg = read_image_header(encode_jpeg(image, 95));
  EXPECT_EQ(jpeg.format, ImageFormat::kJpeg);
  EXPECT_EQ(jpeg.height, 5);
  EXPECT_EQ(jpeg.width, 9);
  const auto png = read_image_header(encode_png(image));
  EXPECT_EQ(png.format, ImageFormat::kPng);
  EXPECT_EQ(png.height, 5);
  EXPECT_EQ(png.width, 9);
  for (const auto kind : {sample::kLossy, sample::kLossless}) {
    const auto webp = read_image_header(sample::webp(image, kind));
    EXPECT_EQ(webp.format, ImageFormat::kWebp);
    EXPECT_EQ(webp.height, 5);
    EXPECT_EQ(webp.width, 9);
  }
  const auto raw = read_image_header(encode_raw_image(image));
  EXPECT_EQ(raw.format, ImageFormat::kRaw);
  EXPECT_EQ(raw.height, 5);
  EXPECT_EQ(raw.width, 9);
}

// (255, 0, 0) is Y 76, Cb 85, Cr 255 in JFIF's integers, which are R 76 + 1.402 * 127, G 0, B 0.
TEST(ImageDecoder, DecodesAJpegToRgb) {
  const auto pixels = decoded(sample::jpeg(sample::uniform(8, 8, 255, 0, 0), sample::kBaseline));
  ASSERT_EQ(pixels.size(), 8u * 8 * 3);
  EXPECT_EQ(Bytes(pixels.end() - 3, pixels.end()), (Bytes{254, 0, 0}));
}

TEST(ImageDecoder, KeepsRowsAndColumnsOfAJpegInPlace) {
  const auto image = sample::gradient(20, 33);
  EXPECT_LE(distance(decoded(sample::jpeg(image, sample::kBaseline)), image.pixels), 4);
}

TEST(ImageDecoder, DecodesAProgressiveJpegToThePixelsOfTheBaselineOne) {
  const auto image = sample::gradient(20, 33);
  const auto progressive = sample::jpeg(image, sample::kProgressive);
  const std::array<uint8_t, 2> progressive_frame{0xFF, 0xC2};
  ASSERT_FALSE(std::ranges::search(progressive, progressive_frame).empty());
  EXPECT_EQ(decoded(progressive), decoded(sample::jpeg(image, sample::kBaseline)));
}

TEST(ImageDecoder, RepeatsGreyInAllThreeChannels) {
  EXPECT_EQ(decoded(sample::jpeg(sample::uniform(1, 2, 77, 77, 77), sample::kGrey)), (Bytes{77, 77, 77, 77, 77, 77}));
  EXPECT_EQ(decoded(sample::png({.height = 1, .width = 2, .color_type = 0, .bit_depth = 8, .samples = {3, 200}})),
            (Bytes{3, 3, 3, 200, 200, 200}));
}

// Ink 155 of each colour and black 51, stored inverted: 100 and 204. Light is 100 * 204 / 255 = 80.
TEST(ImageDecoder, TurnsAdobeYcckIntoRgb) {
  EXPECT_EQ(decoded(sample::ycck_jpeg({100, 100, 100, 204}, 1, 1)), (Bytes{80, 80, 80}));
  // Yellow ink alone: no blue.
  const auto yellow = decoded(sample::ycck_jpeg({255, 255, 0, 255}, 1, 1));
  EXPECT_LE(distance(yellow, {255, 255, 0}), 2);
}

// The samples of the YCCK file above are Y = 255 - 100, Cb = Cr = 128 and K = 204. If the marker announces no transform
// (Adobe's 0), they are cyan, magenta, yellow and black.
TEST(ImageDecoder, TurnsAdobeCmykIntoRgb) {
  auto jpeg = sample::ycck_jpeg({100, 100, 100, 204}, 1, 1);
  ASSERT_EQ(jpeg[adobe_marker(jpeg) + 15], 2);
  jpeg[adobe_marker(jpeg) + 15] = 0;
  EXPECT_EQ(decoded(jpeg), (Bytes{124, 102, 102}));  // 155 * 204 / 255, 128 * 204 / 255
}

TEST(ImageDecoder, TakesCmykWithoutAnAdobeMarkerAsInk) {
  auto jpeg = sample::ycck_jpeg({100, 100, 100, 204}, 1, 1);
  const auto marker = jpeg.begin() + static_cast<int64_t>(adobe_marker(jpeg));
  jpeg.erase(marker, marker + 16);
  EXPECT_EQ(decoded(jpeg), (Bytes{20, 25, 25}));  // 100 * 51 / 255, 127 * 51 / 255
}

TEST(ImageDecoder, DecodesEveryKindOfPng) {
  // Grey of 1, 2 and 4 bits, spread over 0 to 255.
  EXPECT_EQ(decoded(sample::png({.height = 1, .width = 2, .color_type = 0, .bit_depth = 1, .samples = {0b01000000}})),
            (Bytes{0, 0, 0, 255, 255, 255}));
  EXPECT_EQ(decoded(sample::png({.height = 1, .width = 2, .color_type = 0, .bit_depth = 2, .samples = {0b01100000}})),
            (Bytes{85, 85, 85, 170, 170, 170}));
  EXPECT_EQ(decoded(sample::png({.height = 1, .width = 2, .color_type = 0, .bit_depth = 4, .samples = {0x3F}})),
            (Bytes{51, 51, 51, 255, 255, 255}));
  // 16 bits: the high byte, also where rounding would go up.
  EXPECT_EQ(decoded(sample::png({.height = 1, .width = 1, .color_type = 0, .bit_depth = 16, .samples = {7, 255}})),
            (Bytes{7, 7, 7}));
  EXPECT_EQ(decoded(sample::png(
                {.height = 1, .width = 1, .color_type = 2, .bit_depth = 16, .samples = {10, 255, 20, 0, 30, 200}})),
            (Bytes{10, 20, 30}));
  EXPECT_EQ(decoded(sample::png({.height = 1, .width = 1, .color_type = 2, .bit_depth = 8, .samples = {1, 2, 3}})),
            (Bytes{1, 2, 3}));
}

TEST(ImageDecoder, PutsAlphaOverBlack) {
  // 200 * 128 / 255 = 100.39, 100 * 128 / 255 = 50.2.
  EXPECT_EQ(
      decoded(sample::png(
          {.height = 1, .width = 2, .color_type = 6, .bit_depth = 8, .samples = {200, 100, 0, 128, 9, 8, 7, 255}})),
      (Bytes{100, 50, 0, 9, 8, 7}));
  EXPECT_EQ(
      decoded(sample::png({.height = 1, .width = 2, .color_type = 4, .bit_depth = 8, .samples = {50, 0, 60, 255}})),
      (Bytes{0, 0, 0, 60, 60, 60}));
  EXPECT_EQ(
      decoded(sample::png(
          {.height = 1, .width = 1, .color_type = 6, .bit_depth = 16, .samples = {200, 0, 100, 0, 0, 0, 128, 0}})),
      (Bytes{100, 50, 0}));
  // One grey level is transparent.
  EXPECT_EQ(
      decoded(sample::png(
          {.height = 1, .width = 2, .color_type = 0, .bit_depth = 8, .samples = {40, 41}, .transparent_grey = 41})),
      (Bytes{40, 40, 40, 0, 0, 0}));
}

TEST(ImageDecoder, DecodesWebpToRgb) {
  const auto image = sample::gradient(20, 33);
  EXPECT_EQ(decoded(sample::webp(image, sample::kLossless)), image.pixels);
  EXPECT_LE(distance(decoded(sample::webp(image, sample::kLossy)), image.pixels), 8);
  // Like the PNG of these pixels above: 200 * 128 / 255 = 100.39, 100 * 128 / 255 = 50.2.
  EXPECT_EQ(decoded(sample::webp_with_alpha({200, 100, 0, 128, 9, 8, 7, 255}, 1, 2)), (Bytes{100, 50, 0, 9, 8, 7}));
}

TEST(ImageDecoder, DecodesAPaletteWithAndWithoutAlpha) {
  EXPECT_EQ(decoded(sample::png({.height = 2,
                                 .width = 1,
                                 .color_type = 3,
                                 .bit_depth = 8,
                                 .samples = {1, 0},
                                 .palette = {{10, 20, 30, 255}, {200, 100, 50, 51}}})),
            (Bytes{40, 20, 10, 10, 20, 30}));
}

TEST(ImageDecoder, DecodesAnInterlacedPng) {
  const auto image = sample::gradient(11, 13);
  const auto interlaced = sample::png(
      {.height = 11, .width = 13, .color_type = 2, .bit_depth = 8, .samples = image.pixels, .interlaced = true});
  EXPECT_EQ(interlaced[28], 1);
  EXPECT_EQ(decoded(interlaced), image.pixels);
}

TEST(ImageDecoder, ServesImagesOfAllKindsOneAfterAnother) {
  ImageDecoder decoder;
  const auto image = sample::gradient(16, 16);
  for (int round = 0; round < 2; ++round) {
    EXPECT_THROW(decoder.decode(Bytes{1, 2, 3}), BadImage);
    auto truncated = encode_jpeg(image, 95);
    truncated.resize(truncated.size() - 20);
    EXPECT_THROW(decoder.decode(truncated), BadImage);
    EXPECT_EQ(decoder.decode(encode_png(image)).pixels, image.pixels);
    EXPECT_EQ(decoder.decode(sample::webp(image, sample::kLossless)).pixels, image.pixels);
    EXPECT_LE(distance(decoder.decode(encode_jpeg(image, 100)).pixels, image.pixels), 4);
    EXPECT_EQ(decoder.decode(sample::ycck_jpeg({100, 100, 100, 204}, 1, 1)).pixels, (Bytes{80, 80, 80}));
  }
}

TEST(ImageDecoder, DecodesIntoMemoryOfTheCaller) {
  const auto image = sample::gradient(6, 7);
  const auto bytes = encode_png(image);
  Bytes pixels(6 * 7 * 3 + 1, 99);
  ImageDecoder().decode_into(bytes, read_image_header(bytes), pixels.data());
  EXPECT_EQ(pixels.back(), 99);
  pixels.pop_back();
  EXPECT_EQ(pixels, image.pixels);
}

}  // namespace
}  // namespace massface
