#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>

#include "core/random.h"
#include "image/decode.h"
#include "image/encode.h"
#include "image/raw_image.h"
#include "image/testing_complaint.h"
#include "image/testing_samples.h"

namespace massface {
namespace {

using Bytes = std::vector<uint8_t>;

// A square PNG that ends after its header. side: four bytes, big-endian.
Bytes png_header(std::array<uint8_t, 4> side) {
  Bytes bytes{0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n', 0, 0, 0, 13, 'I', 'H', 'D', 'R', 0,
              0,    0,   0,   0,   0,    0,    0,    8,    2, 0, 0, 0,  0,   0,   0,   0};
  std::ranges::copy(side, bytes.begin() + 16);
  std::ranges::copy(side, bytes.begin() + 20);
  return bytes;
}

// The position of the two bytes of height in a JPEG's frame header.
size_t jpeg_height(const Bytes& jpeg) {
  const std::array<uint8_t, 2> frame{0xFF, 0xC0};
  return static_cast<size_t>(std::ranges::search(jpeg, frame).begin() - jpeg.begin()) + 5;
}

std::vector<Bytes> one_of_each_kind() {
  const auto image = sample::gradient(16, 24);
  return {
      sample::jpeg(image, sample::kBaseline),
      sample::jpeg(image, sample::kProgressive),
      sample::jpeg(image, sample::kGrey),
      sample::ycck_jpeg(Bytes(16 * 16 * 4, 100), 16, 16),
      encode_jpeg(image, 80),
      encode_png(image),
      encode_raw_image(image),
      sample::webp(image, sample::kLossy),
      sample::webp(image, sample::kLossless),
      sample::webp_with_alpha(Bytes(16 * 24 * 4, 100), 16, 24),
      sample::extended_webp(sample::webp(image, sample::kLossy), 8, {"EXIF", Bytes(20, 'e')}),
      sample::png(
          {.height = 16, .width = 24, .color_type = 2, .bit_depth = 8, .samples = image.pixels, .interlaced = true}),
      sample::png({.height = 2,
                   .width = 1,
                   .color_type = 3,
                   .bit_depth = 8,
                   .samples = {1, 0},
                   .palette = {{10, 20, 30, 255}, {200, 100, 50, 51}}})};
}

TEST(BadImage, IsAFileOfNoBytes) { EXPECT_EQ(complaint_of({}), "empty (0 bytes)"); }

TEST(BadImage, IsATextWhateverItIsCalled) {
  EXPECT_EQ(
      complaint_of({'<', 'h', 't', 'm', 'l'}),
      "not a JPEG, PNG or WebP (first bytes 3c 68 74 6d): an HTML page; probably what a server answered instead of the "
      "file; download it again");
  EXPECT_EQ(complaint_of({'a'}), "not a JPEG, PNG or WebP (first bytes 61)");
}

TEST(BadImage, IsOneThatAnnouncesMorePixelsThanAreAccepted) {
  // 100,000 = 0x000186A0.
  EXPECT_EQ(complaint_of(png_header({0x00, 0x01, 0x86, 0xA0})),
            "announces 100000 x 100000 pixels (width x height), more than the 268435456 that are accepted");
  // The product of the sides does not fit into a signed 64-bit integer.
  EXPECT_EQ(complaint_of(png_header({0xFF, 0xFF, 0xFF, 0xFF})),
            "announces 4294967295 x 4294967295 pixels (width x height), more than the 268435456 that are accepted");
  auto jpeg = encode_jpeg(sample::gradient(16, 16), 95);
  for (size_t i = 0; i < 4; ++i) jpeg[jpeg_height(jpeg) + i] = 0xFF;
  EXPECT_EQ(complaint_of(jpeg),
            "announces 65535 x 65535 pixels (width x height), more than the 268435456 that are accepted");
}

TEST(BadImage, IsOneThatAnnouncesMorePixelsThanItsBytesCanHold) {
  // 16,384 x 16,384 is the largest number of pixels that is accepted, and would take 800 MB.
  const auto png = png_header({0x00, 0x00, 0x40, 0x00});
  EXPECT_EQ(complaint_of(png),
            "truncated: 33 bytes cannot hold the 16384 x 16384 pixels (width x height) it announces");
  auto jpeg = encode_jpeg(sample::gradient(16, 16), 95);
  for (const size_t i : {0, 2}) jpeg[jpeg_height(jpeg) + i] = 0x3F;
  EXPECT_NE(complaint_of(jpeg).find("pixels (width x height) it announces"), std::string::npos);
}

TEST(BadImage, IsEveryTruncationOfAGoodOne) {
  ImageDecoder decoder;
  for (const auto& bytes : one_of_each_kind()) {
    decoder.decode(bytes);
    // The last four bytes of a PNG are the checksum of an empty chunk.
    const size_t needed = bytes.size() - (read_image_header(bytes).format == ImageFormat::kPng ? 4 : 0);
    for (size_t size = 0; size < needed; ++size) {
      EXPECT_THROW(decoder.decode(std::span(bytes).first(size)), BadImage) << size << " of " << bytes.size();
    }
  }
}

TEST(TruncatedImage, IsOneThatEndsTooEarlyAndNoOtherDamage) {
  ImageDecoder decoder;
  const auto image = sample::gradient(64, 64);
  for (const auto& whole : {encode_jpeg(image, 95), sample::jpeg(image, sample::kProgressive), encode_png(image),
                            sample::webp(image, sample::kLossy), sample::webp(image, sample::kLossless)}) {
    for (const size_t size : {whole.size() / 2, whole.size() * 9 / 10}) {
      EXPECT_THROW(decoder.decode(std::span(whole).first(size)), TruncatedImage) << size << " of " << whole.size();
    }
  }
  auto jpeg = encode_jpeg(image, 95);
  jpeg[jpeg.size() / 2] = 0xFF;
  jpeg[jpeg.size() / 2 + 1] = 0xD3;
  for (const auto& bytes : {jpeg, Bytes{'<', 'h', 't', 'm', 'l'}, Bytes{}}) {
    try {
      decoder.decode(bytes);
      ADD_FAILURE();
    } catch (const TruncatedImage& bad) {
      ADD_FAILURE() << bad.what();
    } catch (const BadImage&) {
    }
  }
}

TEST(BadImage, IsAnAnimatedWebp) {
  const auto still = sample::webp(sample::gradient(16, 24), sample::kLossless);
  EXPECT_EQ(complaint_of(sample::extended_webp(still, 2, {"ANIM", Bytes(6, 0)})),
            "an animated WebP, which is not supported. Save the frame that is wanted as a still image");
}

TEST(BadImage, IsAWebpThatLacksItsEnd) {
  auto webp = sample::extended_webp(sample::webp(sample::gradient(16, 24), sample::kLossy), 8, {"EXIF", Bytes(20, 0)});
  const size_t whole = webp.size();
  webp.resize(whole - 1);  // after the image, which is complete
  EXPECT_EQ(complaint_of(webp), fmt::format("truncated WebP: it has {} of its {} bytes", whole - 1, whole));
}

// A lossy frame in its simplest form begins with "VP8 ", size, three bytes of a tag, three of a start code, width,
// height.
TEST(BadImage, IsALossyWebpThatAnnouncesMorePixelsThanItsBytesCanHold) {
  auto webp = sample::webp(sample::gradient(16, 24), sample::kLossy);
  for (const size_t i : {26, 28}) {
    webp[i] = 0xFF;
    webp[i + 1] = 0x3F;
  }
  EXPECT_EQ(complaint_of(webp), fmt::format("truncated: {} bytes cannot hold the 16383 x 16383 pixels (width x "
                                            "height) it announces",
                                            webp.size()));
}

TEST(BadImage, IsAJpegWithDamagedPixels) {
  auto jpeg = encode_jpeg(sample::gradient(64, 64), 95);
  // A restart marker where no restart was announced.
  jpeg[jpeg.size() / 2] = 0xFF;
  jpeg[jpeg.size() / 2 + 1] = 0xD3;
  EXPECT_NE(complaint_of(jpeg).find("damaged or truncated JPEG: Corrupt JPEG data"), std::string::npos);
}

TEST(BadImage, IsAPngWithAWrongChecksum) {
  auto png = encode_png(sample::gradient(16, 16));
  png[png.size() / 2] ^= 1;
  EXPECT_NE(complaint_of(png).find("damaged or truncated PNG: "), std::string::npos);
}

TEST(BadImage, IsNotAJpegWithBytesThatDoNotBelongToIt) {
  const auto image = sample::gradient(16, 16);
  const auto jpeg = encode_jpeg(image, 95);
  const auto pixels = ImageDecoder().decode(jpeg).pixels;
  auto after_end = jpeg;
  after_end.insert(after_end.end(), 100, 0x20);
  EXPECT_EQ(ImageDecoder().decode(after_end).pixels, pixels);
  auto before_end = jpeg;
  before_end.insert(before_end.end() - 2, 10, 0x20);
  EXPECT_EQ(ImageDecoder().decode(before_end).pixels, pixels);
  auto in_header = jpeg;
  in_header.insert(in_header.begin() + 2, 10, 0x20);
  in_header[2] = 0xFF;  // the first bytes of a JPEG are FF D8 FF; FF 20 is an unknown marker, of 8,224 bytes
  EXPECT_THROW(ImageDecoder().decode(in_header), BadImage);
  auto before_frame = jpeg;
  before_frame.insert(before_frame.begin() + static_cast<int64_t>(jpeg_height(jpeg)) - 5, 10, 0x20);
  EXPECT_EQ(ImageDecoder().decode(before_frame).pixels, pixels);
  before_frame.resize(before_frame.size() - 2);
  EXPECT_EQ(complaint_of(before_frame), "truncated JPEG: it has no end marker");
}

TEST(BadImage, IsTheOnlyThingThatDamagedBytesCause) {
  ImageDecoder decoder;
  int64_t bad = 0, good = 0;
  const auto kinds = one_of_each_kind();
  for (size_t kind = 0; kind < kinds.size(); ++kind) {
    for (uint32_t mutation = 0; mutation < 600; ++mutation) {
      Random random(20240501, RandomStream::kAugment, kind, mutation);
      auto bytes = kinds[kind];
      const auto flips = 1 + random.below(4);
      for (uint64_t i = 0; i < flips; ++i)
        bytes[random.below(bytes.size())] ^= static_cast<uint8_t>(1 << random.below(8));
      if (mutation % 4 == 0) bytes.resize(random.below(bytes.size()));
      try {
        const Image image = decoder.decode(bytes);
        EXPECT_EQ(image.pixels.size(), static_cast<size_t>(image.height * image.width * 3));
        ++good;
      } catch (const BadImage&) {
        ++bad;
      }
    }
  }
  // Both outcomes occurred often: flips in coefficients change pixels without breaking a rule.
  EXPECT_GT(bad, 1000);
  EXPECT_GT(good, 100);
  // The decoder still works.
  EXPECT_EQ(decoder.decode(encode_png(sample::gradient(16, 24))).pixels, sample::gradient(16, 24).pixels);
}

}  // namespace
}  // namespace massface
