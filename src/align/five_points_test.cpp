#include "align/five_points.h"

#include <gtest/gtest.h>

#include <cmath>

namespace massface {
namespace {

void expect_near(Point a, Point b, double tolerance) {
  EXPECT_NEAR(a.x, b.x, tolerance);
  EXPECT_NEAR(a.y, b.y, tolerance);
}

TEST(TemplatePoints, AreInsightfacesAndScaleByTheHeight) {
  const FivePoints whole = template_points(112, 112), narrow = template_points(112, 96),
                   twice = template_points(224, 224);
  expect_near(whole[0], {38.2946, 51.6963}, 1e-12);
  expect_near(whole[4], {70.7299, 92.2041}, 1e-12);
  for (size_t i = 0; i < 5; ++i) {
    expect_near(narrow[i], {whole[i].x - 8, whole[i].y}, 1e-12);
    expect_near(twice[i], {2 * whole[i].x, 2 * whole[i].y}, 1e-12);
  }
}

TEST(EstimateSimilarity, FindsTheTransformThatMadeThePoints) {
  for (const double angle : {0.0, 0.3, 1.7, 3.1, -2.0}) {
    const SimilarityTransform made{1.7 * std::cos(angle), 1.7 * std::sin(angle), -20, 33};
    const FivePoints to = template_points(112, 112);
    FivePoints from;
    for (size_t i = 0; i < 5; ++i) from[i] = made.inverse()(to[i]);
    const SimilarityTransform found = estimate_similarity(from, to);
    EXPECT_NEAR(found.a, made.a, 1e-12);
    EXPECT_NEAR(found.b, made.b, 1e-12);
    EXPECT_NEAR(found.tx, made.tx, 1e-9);
    EXPECT_NEAR(found.ty, made.ty, 1e-9);
  }
}

// Expected: Umeyama's equations 34 to 43, computed with NumPy's SVD, onto the template for 112 x 112.
TEST(EstimateSimilarity, IsUmeyamasForPointsThatDoNotFit) {
  const SimilarityTransform found =
      estimate_similarity({{{105.47, 113.68}, {145.41, 112.89}, {121.13, 133.79}, {110.19, 157.39}, {140.46, 156.82}}},
                          template_points(112, 112));
  EXPECT_NEAR(found.a, 0.917324282249, 1e-9);
  EXPECT_NEAR(found.b, 0.000625634940, 1e-9);
  EXPECT_NEAR(found.tx, -58.125660604659, 1e-7);
  EXPECT_NEAR(found.ty, -51.937019785735, 1e-7);
}

// A mirrored face is fitted by the best rotation, never by a mirroring: here by no rotation, as the sum of products is
// real.
TEST(EstimateSimilarity, NeverMirrors) {
  const FivePoints to = template_points(112, 112);
  FivePoints from = to;
  for (Point& p : from) p.x = 111 - p.x;
  const SimilarityTransform found = estimate_similarity(from, to);
  EXPECT_GT(found.squared_scale(), 0);
  EXPECT_LT(found.squared_scale(), 1);
}

TEST(EstimateSimilarity, OfOnePointHasNoScale) {
  FivePoints one;
  one.fill({7, 7});
  EXPECT_EQ(estimate_similarity(one, template_points(112, 112)).squared_scale(), 0);
}

TEST(SimilarityTransform, ComesBackByItsInverse) {
  const SimilarityTransform transform{0.3, -1.1, 5, 6};
  expect_near(transform.inverse()(transform({12, -7})), {12, -7}, 1e-12);
}

}  // namespace
}  // namespace massface
