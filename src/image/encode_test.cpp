#include "image/encode.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "core/error.h"
#include "image/decode.h"
#include "image/testing_samples.h"

namespace massface {
namespace {

// The sampling factors of luma in a baseline JPEG: 0x22 is 4:2:0, 0x11 is 4:4:4.
int luma_sampling(const std::vector<uint8_t>& jpeg) {
  const std::array<uint8_t, 2> frame{0xFF, 0xC0};
  const auto found = std::ranges::search(jpeg, frame);
  return found.empty() ? -1 : *(found.begin() + 11);
}

TEST(EncodePng, LosesNothing) {
  const auto image = sample::gradient(7, 5);
  const auto decoded = ImageDecoder().decode(encode_png(image));
  EXPECT_EQ(decoded.height, 7);
  EXPECT_EQ(decoded.width, 5);
  EXPECT_EQ(decoded.pixels, image.pixels);
}

TEST(EncodeJpeg, HalvesChromaBelowQuality90) {
  const auto image = sample::gradient(32, 32);
  EXPECT_EQ(luma_sampling(encode_jpeg(image, 89)), 0x22);
  EXPECT_EQ(luma_sampling(encode_jpeg(image, 90)), 0x11);
}

TEST(EncodeJpeg, SpendsFewerBytesOnALowerQuality) {
  const auto image = sample::gradient(64, 64);
  EXPECT_LT(encode_jpeg(image, 30).size(), encode_jpeg(image, 80).size());
  EXPECT_LT(encode_jpeg(image, 80).size(), encode_jpeg(image, 100).size());
}

TEST(EncodeJpeg, RefusesASideThatTheFormatCannotHold) {
  EXPECT_THROW(encode_jpeg(sample::uniform(1, 65536, 0, 0, 0), 90), Error);
  EXPECT_EQ(ImageDecoder().decode(encode_jpeg(sample::uniform(1, 65500, 0, 0, 0), 90)).width, 65500);
}

}  // namespace
}  // namespace massface
