#include "image/raw_image.h"

#include <gtest/gtest.h>

#include "image/decode.h"
#include "image/testing_complaint.h"
#include "image/testing_samples.h"

namespace massface {
namespace {

using Bytes = std::vector<uint8_t>;

// Height 1, width 2, as documented in docs/formats/packed.md.
const Bytes kTwoPixels{0x89, 'R', 'G', 'B', '8', 0x0D, 0x0A, 0x1A, 1, 0, 0, 0, 2, 0, 0, 0, 10, 20, 30, 40, 50, 60};

TEST(RawImage, IsWrittenAsThePageSays) {
  EXPECT_EQ(encode_raw_image({.height = 1, .width = 2, .pixels = {10, 20, 30, 40, 50, 60}}), kTwoPixels);
}

TEST(RawImage, IsDecodedToItsPixels) {
  const Image image = ImageDecoder().decode(kTwoPixels);
  EXPECT_EQ(image.height, 1);
  EXPECT_EQ(image.width, 2);
  EXPECT_EQ(image.pixels, (Bytes{10, 20, 30, 40, 50, 60}));
  const Image gradient = sample::gradient(5, 300);
  EXPECT_EQ(ImageDecoder().decode(encode_raw_image(gradient)).pixels, gradient.pixels);
}

TEST(RawImage, IsBadWithAnotherNumberOfPixelsThanItSays) {
  Bytes bytes = kTwoPixels;
  bytes.push_back(70);
  EXPECT_EQ(complaint_of(bytes), "damaged raw image: 7 bytes of pixels, but it announces 2 x 1 (width x height)");
  bytes.resize(21);
  EXPECT_EQ(complaint_of(bytes), "truncated raw image: 5 bytes of pixels, but it announces 2 x 1 (width x height)");
  bytes.resize(12);
  EXPECT_EQ(complaint_of(bytes), "truncated raw image: it ends inside its header");
  bytes = kTwoPixels;
  for (size_t i = 8; i < 16; ++i) bytes[i] = 0xFF;  // three times the product of the sides exceeds 64 bits
  EXPECT_NE(complaint_of(bytes).find("announces 4294967295 x 4294967295"), std::string::npos);
  for (size_t i = 8; i < 12; ++i) bytes[i] = 0;
  EXPECT_EQ(complaint_of(bytes), "damaged raw image: a side of 0 pixels");
}

}  // namespace
}  // namespace massface
