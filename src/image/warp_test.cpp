#include "image/warp.h"

#include <gtest/gtest.h>

#include <cmath>

#include "image/testing_samples.h"

namespace massface {
namespace {

int at(const Image& image, int64_t x, int64_t y, int channel = 0) {
  return image.pixels[static_cast<size_t>((y * image.width + x) * 3 + channel)];
}

TEST(Warp, ByNothingIsTheSamePixels) {
  const Image image = sample::gradient(20, 31);
  EXPECT_EQ(warp(image, {}, 20, 31).pixels, image.pixels);
}

TEST(Warp, ShiftsTurnsAndFills) {
  const Image image = sample::gradient(20, 30);
  const Image shifted = warp(image, {1, 0, 3, -2}, 20, 30, {1, 2, 3});
  EXPECT_EQ(at(shifted, 8, 4), at(image, 5, 6));
  EXPECT_EQ(at(shifted, 2, 4, 0), 1);
  EXPECT_EQ(at(shifted, 2, 4, 2), 3);
  EXPECT_EQ(at(shifted, 8, 19, 1), 2);
  // A quarter turn: (x, y) goes to (-y + 19, x).
  const Image turned = warp(image, {0, 1, 19, 0}, 30, 20);
  for (const auto& [x, y] : {std::pair<int64_t, int64_t>{0, 0}, {29, 19}, {7, 3}}) {
    EXPECT_EQ(at(turned, 19 - y, x, 1), at(image, x, y, 1)) << x << " " << y;
  }
}

TEST(Warp, BlendsFourPixelsAndTheFillAtTheEdge) {
  Image image{.height = 2, .width = 2, .pixels = {0, 0, 0, 100, 100, 100, 200, 200, 200, 40, 40, 40}};
  const Image half = warp(image, {1, 0, -0.5, -0.25}, 2, 2, {8, 8, 8});
  EXPECT_EQ(at(half, 0, 0), 68);  // 0.75 (0 + 100) / 2 + 0.25 (200 + 40) / 2 = 67.5
  EXPECT_EQ(at(half, 1, 0), 47);  // 0.75 (100 + 8) / 2 + 0.25 (40 + 8) / 2 = 46.5
}

TEST(Warp, AveragesWhatABilinearSampleWouldSkip) {
  // Columns of 0 and 255: at a tenth of the size the result has to be grey, wherever the samples fall.
  Image image{.height = 400, .width = 400};
  for (int64_t i = 0; i < 400 * 400; ++i) image.pixels.insert(image.pixels.end(), 3, i % 2 == 0 ? 0 : 255);
  const Image small = warp(image, {0.1, 0, 0, 0}, 40, 40);
  for (int64_t x = 1; x < 39; ++x) EXPECT_NEAR(at(small, x, 20), 127, 10) << x;
}

TEST(Warp, KeepsPositionsWhenItShrinks) {
  // A white square on black: its middle lands where the transform maps it.
  Image image{.height = 300, .width = 300};
  image.pixels.resize(300 * 300 * 3);
  for (int64_t y = 180; y < 220; ++y) {
    for (int64_t x = 60; x < 100; ++x) {
      for (int c = 0; c < 3; ++c) image.pixels[static_cast<size_t>((y * 300 + x) * 3 + c)] = 255;
    }
  }
  const SimilarityTransform transform{0.2, 0.05, 12, -3};
  const Image small = warp(image, transform, 60, 60);
  double sum = 0, sum_x = 0, sum_y = 0;
  for (int64_t y = 0; y < 60; ++y) {
    for (int64_t x = 0; x < 60; ++x) {
      const double weight = at(small, x, y);
      sum += weight;
      sum_x += weight * static_cast<double>(x);
      sum_y += weight * static_cast<double>(y);
    }
  }
  const Point middle = transform({79.5, 199.5});
  EXPECT_NEAR(sum_x / sum, middle.x, 0.05);
  EXPECT_NEAR(sum_y / sum, middle.y, 0.05);
}

}  // namespace
}  // namespace massface
