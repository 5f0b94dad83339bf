#include "synthetic/canvas.h"

#include <gtest/gtest.h>

namespace massface {
namespace {

double sum(const Mask& mask) {
  double total = 0;
  for (int64_t y = 0; y < mask.frame().height; ++y) {
    for (int64_t x = 0; x < mask.frame().width; ++x) total += mask.at(x, y);
  }
  return total;
}

TEST(SyntheticCanvas, CoverageIsTheExactAreaInsideEachPixel) {
  // Pixel (x, y) reaches from x - 0.5 to x + 0.5: a quarter of pixel (10, 20), half of (11, 20), all of (11, 21).
  const Mask mask = fill({{10, 20}, {12.5f, 20}, {12.5f, 22.5f}, {10, 22.5f}});
  EXPECT_FLOAT_EQ(mask.at(10, 20), 0.25f);
  EXPECT_FLOAT_EQ(mask.at(11, 20), 0.5f);
  EXPECT_FLOAT_EQ(mask.at(10, 21), 0.5f);
  EXPECT_FLOAT_EQ(mask.at(11, 21), 1.0f);
  EXPECT_FLOAT_EQ(mask.at(13, 21), 0.0f);
  EXPECT_NEAR(sum(mask), 2.5 * 2.5, 1e-4);
}

TEST(SyntheticCanvas, ASlantedEdgeCoversItsTriangle) {
  const Mask mask = fill({{5.5f, 5.5f}, {25.5f, 5.5f}, {5.5f, 15.5f}});
  EXPECT_NEAR(sum(mask), 100, 1e-3);
  // The edge falls from (25.5, 5.5) by one row in two columns: row 6 is covered up to x = 23.5 on its lower side.
  EXPECT_NEAR(mask.at(24, 6), 0.75, 1e-5);
  EXPECT_NEAR(mask.at(25, 6), 0.25, 1e-5);
}

TEST(SyntheticCanvas, ShapesReachBeyondTheBorder) {
  EXPECT_NEAR(sum(fill({{-50, -50}, {200, -50}, {200, 200}, {-50, 200}})), 112 * 112, 1e-2);
  EXPECT_NEAR(sum(fill({{-50, 9.5f}, {200, 9.5f}, {200, 19.5f}, {-50, 19.5f}})), 112 * 10, 1e-2);
  EXPECT_EQ(sum(fill({{-50, 10}, {-10, 10}, {-10, 20}})), 0);
  EXPECT_EQ(sum(fill({{150, 10}, {190, 10}, {190, 20}})), 0);
}

TEST(SyntheticCanvas, AnEllipseHasItsArea) {
  EXPECT_NEAR(sum(fill(ellipse({50, 50}, 20, 10, 0.3f))), 3.14159 * 200, 5);
}

TEST(SyntheticCanvas, AStrokeIsAsWideAsItsBrush) {
  EXPECT_NEAR(sum(stroke({{20, 30}, {40, 30}, {60, 30}}, 2, 4, 2)), 20 * 3 * 2, 0.1);
}

TEST(SyntheticCanvas, BlurSpreadsAndKeepsTheSum) {
  Mask mask = fill({{49.5f, 49.5f}, {50.5f, 49.5f}, {50.5f, 50.5f}, {49.5f, 50.5f}});
  mask.blur(1.5f);
  EXPECT_NEAR(sum(mask), 1, 1e-4);
  EXPECT_FLOAT_EQ(mask.at(48, 50), mask.at(50, 52));
  EXPECT_GT(mask.at(50, 50), mask.at(51, 50));
}

TEST(SyntheticCanvas, MasksIntersectSubtractAndJoin) {
  const Mask left = fill({{-1, -1}, {9.5f, -1}, {9.5f, 112}, {-1, 112}});
  const Mask top = fill({{-1, -1}, {112, -1}, {112, 4.5f}, {-1, 4.5f}});
  EXPECT_NEAR(sum(Mask(left).within(top)), 50, 1e-2);
  EXPECT_NEAR(sum(Mask(left).without(top)), 10 * 107, 1e-2);
  EXPECT_NEAR(sum(Mask(left).join(top)), 10 * 112 + 112 * 5 - 50, 1e-2);
}

TEST(SyntheticCanvas, SmoothCurvesPassThroughTheirPoints) {
  const Curve points = {{0, 0}, {10, 5}, {20, 0}, {30, 7}};
  const Curve open = smooth_open(points);
  ASSERT_EQ(open.size(), 25u);
  EXPECT_FLOAT_EQ(open[8].x, 10);
  EXPECT_FLOAT_EQ(open[8].y, 5);
  EXPECT_FLOAT_EQ(open[24].y, 7);
  EXPECT_EQ(smooth_closed(points).size(), 32u);
}

TEST(SyntheticCanvas, PaintMixesByCoverageAndOpacityAndGammaIsTwo) {
  Canvas canvas;
  canvas.paint(fill({{-1, -1}, {50, -1}, {50, 112}, {-1, 112}}), {0.25f, 1, 4}, 1);
  const Image image = canvas.to_image();
  EXPECT_EQ(image.pixels[0], 128);  // sqrt(0.25) * 255 = 127.5
  EXPECT_EQ(image.pixels[1], 255);
  EXPECT_EQ(image.pixels[2], 255);
  EXPECT_EQ(image.pixels[3 * 50], 90);  // half covered: sqrt(0.125) * 255
  EXPECT_EQ(image.pixels[3 * 51], 0);
  const Color color = display_color(51, 102, 255);
  EXPECT_FLOAT_EQ(color.r, 0.04f);
  EXPECT_FLOAT_EQ(color.g, 0.16f);
  EXPECT_FLOAT_EQ(color.b, 1);
}

}  // namespace
}  // namespace massface
