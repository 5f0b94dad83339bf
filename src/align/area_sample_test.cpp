#include "align/area_sample.h"

#include <gtest/gtest.h>

#include <array>

#include "align/testing_photographs.h"

namespace massface {
namespace {

// Computes every output pixel again, from the definition.
TEST(AreaSampler, IsTheMeanOfThePixelsThatAnOutputPixelTouches) {
  const Image image = smooth_photograph(40, 57);
  for (const auto& [box, height, width] : std::vector<std::tuple<PixelBox, int64_t, int64_t>>{
           {{0, 0, 57, 40}, 12, 12}, {{5, 3, 30, 40}, 24, 24}, {{50, 30, 57, 39}, 24, 10}, {{8, 8, 9, 9}, 3, 3}}) {
    std::vector<float> out(static_cast<size_t>(height * width * 3));
    AreaSampler(image, box, height, width).sample(out.data());
    for (int64_t y = 0; y < height; ++y) {
      for (int64_t x = 0; x < width; ++x) {
        for (int64_t c = 0; c < 3; ++c) {
          double sum = 0, count = 0;
          for (int64_t v = 0; v < box.height(); ++v) {
            for (int64_t u = 0; u < box.width(); ++u) {
              const bool touches = (v + 1) * height > y * box.height() && v * height < (y + 1) * box.height() &&
                                   (u + 1) * width > x * box.width() && u * width < (x + 1) * box.width();
              if (!touches) continue;
              sum += image.pixels[static_cast<size_t>(((box.top + v) * image.width + box.left + u) * 3 + c)];
              ++count;
            }
          }
          ASSERT_NEAR(out[static_cast<size_t>((y * width + x) * 3 + c)], (sum / count - 127.5) / 128, 1e-5);
        }
      }
    }
  }
}

TEST(AreaSampler, TakesMeansAndCountsWhatLiesOutsideAsGrey) {
  Image image{.height = 1, .width = 2, .pixels = {0, 100, 200, 50, 150, 250}};
  std::array<float, 3> mean{};
  AreaSampler(image, {0, 0, 2, 1}, 1, 1).sample(mean.data());
  for (size_t c = 0; c < 3; ++c) EXPECT_FLOAT_EQ(mean[c], (25.0f + 100.0f * static_cast<float>(c) - 127.5f) / 128);
  // Four pixels wide and two high, of which the photograph has two.
  AreaSampler(image, {-1, 0, 3, 2}, 1, 1).sample(mean.data());
  for (size_t c = 0; c < 3; ++c) EXPECT_FLOAT_EQ(mean[c], (25.0f + 100.0f * static_cast<float>(c) - 127.5f) / 512);
}

TEST(AreaSampler, KeepsTheShapeOfWhatABoxBeyondEachEdgeShows) {
  const Image image = smooth_photograph(20, 30);
  std::vector<float> whole(20 * 30 * 3), framed(26 * 36 * 3);
  AreaSampler(image, {0, 0, 30, 20}, 20, 30).sample(whole.data());
  AreaSampler(image, {-3, -3, 33, 23}, 26, 36).sample(framed.data());
  for (int64_t y = 0; y < 26; ++y) {
    for (int64_t x = 0; x < 36; ++x) {
      const bool inside = y >= 3 && y < 23 && x >= 3 && x < 33;
      const float expected = inside ? whole[static_cast<size_t>(3 * ((y - 3) * 30 + x - 3))] : 0;
      EXPECT_EQ(framed[static_cast<size_t>(3 * (y * 36 + x))], expected) << x << " " << y;
    }
  }
}

TEST(AreaSampler, ComputesPartsAsItComputesTheWholeAndZerosBeyond) {
  const Image image = smooth_photograph(50, 40);
  const PixelBox box{-4, 3, 45, 44};
  constexpr int64_t kHeight = 17, kWidth = 23;
  AreaSampler sampler(image, box, kHeight, kWidth);
  std::vector<float> whole(kHeight * kWidth * 3);
  sampler.sample(whole.data());
  for (const PixelBox& part : {PixelBox{0, 0, kWidth, kHeight}, PixelBox{5, 2, 9, 16}, PixelBox{-3, -2, 4, 3},
                               PixelBox{20, 10, 30, 20}, PixelBox{-8, 4, -1, 6}, PixelBox{2, 17, 6, 19}}) {
    std::vector<float> values(static_cast<size_t>(part.width() * part.height() * 3), 9.0f);
    sampler.sample(part, values.data());
    for (int64_t i = 0; i < std::ssize(values); ++i) {
      const int64_t x = part.left + i / 3 % part.width(), y = part.top + i / 3 / part.width();
      const bool inside = x >= 0 && x < kWidth && y >= 0 && y < kHeight;
      const float expected = inside ? whole[static_cast<size_t>((y * kWidth + x) * 3 + i % 3)] : 0.0f;
      ASSERT_EQ(values[static_cast<size_t>(i)], expected) << x << ", " << y;
    }
  }
}

}  // namespace
}  // namespace massface
