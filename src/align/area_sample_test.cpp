#include "align/area_sample.h"

#include <gtest/gtest.h>

#include <array>

#include "align/testing_photographs.h"

namespace massface {
namespace {

TEST(SampleArea, TakesMeansAndCountsWhatLiesOutsideAsGrey) {
  Image image{.height = 1, .width = 2, .pixels = {0, 100, 200, 50, 150, 250}};
  std::array<float, 3> mean{};
  sample_area(image, {0, 0, 2, 1}, 1, 1, mean.data());
  for (size_t c = 0; c < 3; ++c) EXPECT_FLOAT_EQ(mean[c], (25.0f + 100.0f * static_cast<float>(c) - 127.5f) / 128);
  // Four pixels wide and two high, of which the photograph has two.
  sample_area(image, {-1, 0, 3, 2}, 1, 1, mean.data());
  for (size_t c = 0; c < 3; ++c) EXPECT_FLOAT_EQ(mean[c], (25.0f + 100.0f * static_cast<float>(c) - 127.5f) / 512);
}

TEST(SampleArea, KeepsTheShapeOfWhatABoxBeyondEachEdgeShows) {
  const Image image = smooth_photograph(20, 30);
  std::vector<float> whole(20 * 30 * 3), framed(26 * 36 * 3);
  sample_area(image, {0, 0, 30, 20}, 20, 30, whole.data());
  sample_area(image, {-3, -3, 33, 23}, 26, 36, framed.data());
  for (int64_t y = 0; y < 26; ++y) {
    for (int64_t x = 0; x < 36; ++x) {
      const bool inside = y >= 3 && y < 23 && x >= 3 && x < 33;
      const float expected = inside ? whole[static_cast<size_t>(3 * ((y - 3) * 30 + x - 3))] : 0;
      EXPECT_EQ(framed[static_cast<size_t>(3 * (y * 36 + x))], expected) << x << " " << y;
    }
  }
}

}  // namespace
}  // namespace massface
