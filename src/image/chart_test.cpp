#include "image/chart.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"

namespace massface {
namespace {

Color pixel(const Image& image, int64_t x, int64_t y) {
  const auto at = static_cast<size_t>(3 * (y * image.width + x));
  return {image.pixels[at], image.pixels[at + 1], image.pixels[at + 2]};
}

int64_t count(const Image& image, const Color& color) {
  int64_t pixels = 0;
  for (int64_t y = 0; y < image.height; ++y) {
    for (int64_t x = 0; x < image.width; ++x) pixels += pixel(image, x, y) == color ? 1 : 0;
  }
  return pixels;
}

constexpr Color kWhite{255, 255, 255}, kRed{255, 0, 0};

TEST(Canvas, FillsWhatLiesWithin) {
  Canvas canvas(10, 8);
  canvas.fill({2, 3}, {5, 20}, kRed);
  EXPECT_EQ(count(canvas.image(), kRed), 3 * 5);
  EXPECT_EQ(pixel(canvas.image(), 2, 3), kRed);
  EXPECT_EQ(pixel(canvas.image(), 5, 3), kWhite);
}

TEST(Canvas, DrawsLinesOfTheirThicknessWithSmoothEdges) {
  Canvas canvas(40, 20);
  canvas.line({5, 10}, {35, 10}, 4, kRed);
  for (const int64_t y : {8, 9, 10, 11}) EXPECT_EQ(pixel(canvas.image(), 20, y), kRed) << y;
  EXPECT_EQ(pixel(canvas.image(), 20, 6), kWhite);
  EXPECT_EQ(pixel(canvas.image(), 20, 13), kWhite);
  Canvas thin(10, 10);
  thin.line({0, 5}, {10, 5}, 1, kRed);  // between two rows of pixels
  EXPECT_EQ(pixel(thin.image(), 5, 4), pixel(thin.image(), 5, 5));
  EXPECT_EQ(pixel(thin.image(), 5, 4)[1], 128);
}

TEST(Canvas, WritesLettersAndLeavesOutOthers) {
  Canvas one(200, 40), two(200, 40);
  one.text({5, 5}, 2, "rate", kRed);
  two.text({5, 5}, 2,
           "r\xc3\xa4"
           "ate",
           kRed);
  EXPECT_GT(count(one.image(), kRed), 50);
  EXPECT_EQ(one.image().pixels, two.image().pixels);
  EXPECT_GT(Canvas::text_width(2, "rate"), Canvas::text_width(2, "rat"));
  one.text({190, 5}, 2, std::string(10'000, 'W'), kRed);  // runs out of the canvas
}

TEST(Chart, DrawsAPointWhereItsNumbersSay) {
  const Image image = draw_chart({{.name = "", .points = {{1, 0}, {100, 1}}}},
                                 {.x_label = "x", .y_label = "y", .logarithmic_x = true, .width = 400, .height = 300});
  // The middle of a straight line from one corner of the axes to the other, at x = 10.
  const auto is_blue = [&](int64_t x, int64_t y) { return pixel(image, x, y) == Color{0, 114, 178}; };
  const int64_t middle_x = (90 + 370) / 2, middle_y = (50 + 240) / 2;
  EXPECT_TRUE(is_blue(middle_x, middle_y) || is_blue(middle_x, middle_y - 1) || is_blue(middle_x - 1, middle_y));
  EXPECT_FALSE(is_blue(middle_x, middle_y + 20));
}

TEST(Chart, DrawsNumbersThatDifferOnlyByRounding) {
  draw_chart({{.name = "", .points = {{1, 0.9}, {2, 0.9 + 1e-16}, {3, 0.9 + 2e-16}}}}, {});
  draw_chart({{.name = "", .points = {{1, 0}, {2, 0}}}}, {});
  draw_chart({{.name = "", .points = {{1, 1e300}, {2, -1e300}}}}, {});
}

TEST(Chart, LeavesOutWhatIsNotFinite) {
  const double nan = std::nan("");
  draw_chart({{.name = "a", .points = {{1, 2}, {2, nan}, {nan, 1}, {3, 2}}}}, {});
  EXPECT_THROW(draw_chart({{.name = "a", .points = {{1, nan}}}}, {}), Error);
  EXPECT_THROW(draw_chart({{.name = "a", .points = {{0, 1}}}}, {.logarithmic_x = true}), Error);
}

}  // namespace
}  // namespace massface
