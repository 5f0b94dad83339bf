#include "image/crop.h"

#include <gtest/gtest.h>

namespace massface {
namespace {

// Pixel (row, column) is (10 row + column, 0, 255).
Image numbered(int64_t height, int64_t width) {
  Image image{.height = height, .width = width, .pixels = {}};
  for (int64_t row = 0; row < height; ++row) {
    for (int64_t column = 0; column < width; ++column) {
      for (const int64_t value : {10 * row + column, int64_t{0}, int64_t{255}}) {
        image.pixels.push_back(static_cast<uint8_t>(value));
      }
    }
  }
  return image;
}

std::vector<int> reds_of(const Image& image) {
  std::vector<int> reds;
  for (size_t i = 0; i < image.pixels.size(); i += 3) reds.push_back(image.pixels[i]);
  return reds;
}

TEST(CropCenter, TakesTheMiddle) {
  const Image middle = crop_center(numbered(4, 6), 2, 4);
  EXPECT_EQ(middle.height, 2);
  EXPECT_EQ(middle.width, 4);
  EXPECT_EQ(reds_of(middle), (std::vector<int>{11, 12, 13, 14, 21, 22, 23, 24}));
  EXPECT_EQ(middle.pixels.size(), 24u);
  EXPECT_EQ(middle.pixels[2], 255);
}

TEST(CropCenter, LeavesOneMoreOutAtTheEnd) {
  EXPECT_EQ(reds_of(crop_center(numbered(4, 3), 1, 2)), (std::vector<int>{10, 11}));
}

TEST(CropCenter, OfTheWholeImageIsTheImage) {
  EXPECT_EQ(crop_center(numbered(3, 2), 3, 2).pixels, numbered(3, 2).pixels);
}

}  // namespace
}  // namespace massface
