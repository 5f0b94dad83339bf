#include "align/box_suppression.h"

#include <gtest/gtest.h>

#include "align/area_sample.h"
#include "align/testing_photographs.h"

namespace massface {
namespace {

TEST(SuppressOverlaps, KeepsTheSurestOfThoseThatOverlap) {
  const std::vector<ScoredBox> boxes{
      {{0, 0, 10, 10}, 0.5f}, {{1, 0, 11, 10}, 0.9f}, {{20, 0, 30, 10}, 0.7f}, {{0, 6, 10, 16}, 0.8f}};
  EXPECT_EQ(suppress_overlaps(boxes, 0.5f, Overlap::kUnion), (std::vector<int64_t>{1, 3, 2}));
  EXPECT_EQ(suppress_overlaps(boxes, 0.1f, Overlap::kUnion), (std::vector<int64_t>{1, 2}));
  EXPECT_TRUE(suppress_overlaps({}, 0.5f, Overlap::kUnion).empty());
}

TEST(SuppressOverlaps, OfEqualScoresKeepsTheFirst) {
  const std::vector<ScoredBox> boxes(3, {{0, 0, 10, 10}, 0.5f});
  EXPECT_EQ(suppress_overlaps(boxes, 0.5f, Overlap::kUnion), (std::vector<int64_t>{0}));
}

TEST(SuppressOverlaps, BySmallerAreaFindsABoxWithinABox) {
  const std::vector<ScoredBox> boxes{{{0, 0, 100, 100}, 0.9f}, {{10, 10, 29, 29}, 0.8f}};
  EXPECT_EQ(suppress_overlaps(boxes, 0.7f, Overlap::kUnion).size(), 2u);
  EXPECT_EQ(suppress_overlaps(boxes, 0.7f, Overlap::kSmaller).size(), 1u);
}

// Computes every output pixel again, from the definition.
TEST(SampleArea, IsTheMeanOfThePixelsThatAnOutputPixelTouches) {
  const Image image = smooth_photograph(40, 57);
  for (const auto& [box, height, width] : std::vector<std::tuple<PixelBox, int64_t, int64_t>>{
           {{0, 0, 57, 40}, 12, 12}, {{5, 3, 30, 40}, 24, 24}, {{50, 30, 57, 39}, 24, 10}, {{8, 8, 9, 9}, 3, 3}}) {
    std::vector<float> out(static_cast<size_t>(height * width * 3));
    sample_area(image, box, height, width, out.data());
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

}  // namespace
}  // namespace massface
