#include "image/shrink.h"

#include <gtest/gtest.h>

namespace massface {
namespace {

TEST(Shrink, TakesTheMeanOfEachSquareAndOfWhatIsLeftAtTheEdges) {
  Image image{.height = 3, .width = 5};
  for (int y = 0; y < 3; ++y) {
    for (int x = 0; x < 5; ++x) image.pixels.insert(image.pixels.end(), {static_cast<uint8_t>(10 * y + x), 7, 255});
  }
  shrink(image, 2);
  EXPECT_EQ(image.height, 2);
  EXPECT_EQ(image.width, 3);
  // (0 + 1 + 10 + 11) / 4 = 5.5, (2 + 3 + 12 + 13) / 4 = 7.5, (4 + 14) / 2 = 9; the last row 20.5, 22.5, 24.
  EXPECT_EQ(image.pixels, (std::vector<uint8_t>{6, 7, 255, 8, 7, 255, 9, 7, 255, 21, 7, 255, 23, 7, 255, 24, 7, 255}));
  shrink(image, 8);
  EXPECT_EQ(image.pixels.size(), 3u);
}

}  // namespace
}  // namespace massface
