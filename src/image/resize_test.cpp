#include "image/resize.h"

#include <gtest/gtest.h>

#include <cmath>

#include "image/testing_samples.h"

namespace massface {
namespace {

// An image of one row (or column) whose three channels are equal.
Image line(int64_t height, int64_t width, const std::vector<uint8_t>& levels) {
  Image image{.height = height, .width = width};
  for (const uint8_t level : levels) image.pixels.insert(image.pixels.end(), 3, level);
  return image;
}

std::vector<uint8_t> levels_of(const Image& image) {
  std::vector<uint8_t> levels;
  for (size_t i = 0; i < image.pixels.size(); i += 3) levels.push_back(image.pixels[i]);
  return levels;
}

using Levels = std::vector<uint8_t>;

TEST(Resize, AveragesWhatAPixelCoversWhenShrinking) {
  EXPECT_EQ(levels_of(resize(line(1, 4, {10, 20, 100, 201}), 1, 2)), (Levels{15, 151}));
  EXPECT_EQ(levels_of(resize(line(4, 1, {10, 20, 100, 201}), 2, 1)), (Levels{15, 151}));
  // 3 to 2: (1 * 0 + 0.5 * 90) / 1.5 = 30 and (0.5 * 90 + 1 * 240) / 1.5 = 190.
  EXPECT_EQ(levels_of(resize(line(1, 3, {0, 90, 240}), 1, 2)), (Levels{30, 190}));
}

// Output centres lie at -0.25, 0.25, 0.75 and 1.25 of the input.
TEST(Resize, InterpolatesBetweenPixelCentresWhenGrowing) {
  EXPECT_EQ(levels_of(resize(line(1, 2, {0, 100}), 1, 4)), (Levels{0, 25, 75, 100}));
  EXPECT_EQ(levels_of(resize(line(2, 1, {0, 100}), 4, 1)), (Levels{0, 25, 75, 100}));
}

TEST(Resize, TreatsEachAxisByItself) {
  const auto image = resize(line(2, 2, {0, 100, 200, 40}), 1, 4);
  EXPECT_EQ(image.height, 1);
  EXPECT_EQ(image.width, 4);
  EXPECT_EQ(levels_of(image), (Levels{100, 93, 78, 70}));  // rows first or last: averages 100 and 70
}

TEST(Resize, KeepsAnImageOfTheRightSize) {
  const auto image = sample::gradient(9, 7);
  EXPECT_EQ(resize(image, 9, 7).pixels, image.pixels);
}

TEST(Resize, KeepsWhiteWhite) {
  for (const int64_t side : {1, 3, 7, 112, 250, 333}) {
    const auto image = resize(sample::uniform(111, 57, 255, 0, 255), side, side);
    EXPECT_EQ(image.pixels, sample::uniform(side, side, 255, 0, 255).pixels) << side;
  }
}

TEST(Resize, AgreesWithTheAverageOverEachPixelsArea) {
  const auto image = sample::gradient(25, 31);
  const auto shrunk = resize(image, 7, 9);
  for (int64_t y = 0; y < 7; ++y) {
    for (int64_t x = 0; x < 9; ++x) {
      double sum = 0;  // over 63 x 63 points of the area; each lies in one input pixel
      for (int64_t v = 0; v < 63; ++v) {
        for (int64_t u = 0; u < 63; ++u) {
          const auto in_y =
              static_cast<int64_t>((static_cast<double>(y) + (static_cast<double>(v) + 0.5) / 63) * 25 / 7);
          const auto in_x =
              static_cast<int64_t>((static_cast<double>(x) + (static_cast<double>(u) + 0.5) / 63) * 31 / 9);
          sum += image.pixels[static_cast<size_t>((in_y * 31 + in_x) * 3)];
        }
      }
      EXPECT_NEAR(shrunk.pixels[static_cast<size_t>((y * 9 + x) * 3)], sum / (63 * 63), 1.0);
    }
  }
}

}  // namespace
}  // namespace massface
