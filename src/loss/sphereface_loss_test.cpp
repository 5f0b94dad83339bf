#include <gtest/gtest.h>

#include "core/error.h"
#include "loss/testing_classifier.h"

namespace massface {
namespace {

double loss_of(const ClassifierOptions& options, int64_t step = 0) {
  const PlanarFaces faces;
  return classifier_with("sphereface", options, faces.weight)
      ->forward(faces.embeddings, faces.labels, step)
      .loss.item<double>();
}

TEST(SphereFace, MultipliesTheRightAngleByTheMargin) {
  // m = 3: psi = cos 90 = 0 at 30 degrees (k = 0) and cos 510 - 4 = -4.866025 at 170 degrees (k = 2); logits
  // 3 (psi, cos 60, cos 150), 1 (cos 120, psi, cos 60), 2 (psi, cos 80, cos 10): losses 1.714897, 1.180270, 11.881859.
  EXPECT_NEAR(loss_of({.margin = 3, .lambda_start = 0, .lambda_end = 0}), 4.925675505569443, 1e-9);
}

TEST(SphereFace, MixesInTheCosineByLambda) {
  // m = 4, lambda = 5: (5 cos(theta) + psi) / 6 with psi = -cos(120) - 2 at 30 degrees, -cos(680) - 6 at 170.
  EXPECT_NEAR(loss_of({.margin = 4, .lambda_start = 5, .lambda_end = 5}), 2.4489528746985463, 1e-9);
  EXPECT_EQ(loss_of({.lambda_start = 5, .lambda_end = 5}), loss_of({.margin = 4, .lambda_start = 5, .lambda_end = 5}));
}

TEST(SphereFace, AnnealsFromNoMarginToTheLastLambda) {
  const auto constant = [](double lambda) { return loss_of({.lambda_start = lambda, .lambda_end = lambda}); };
  EXPECT_NEAR(loss_of({}, 0), constant(1000), 1e-12);
  EXPECT_NEAR(loss_of({}, 100), constant(1000 / 13.0), 1e-12);  // 1 + 0.12 * 100
  EXPECT_NEAR(loss_of({}, 1'000'000), constant(5), 1e-12);
}

TEST(SphereFace, FallsMonotonicallyFromOneToOneMinusTwiceTheMargin) {
  for (const double margin : {1.0, 2.0, 3.0, 4.0}) {
    const auto logits = right_logits_over_angles("sphereface", {.margin = margin, .lambda_start = 0, .lambda_end = 0});
    EXPECT_NEAR(logits.front(), 1, 1e-9);
    EXPECT_NEAR(logits.back(), 1 - 2 * margin, 1e-9);
    for (size_t i = 1; i < logits.size(); ++i) {
      ASSERT_LE(logits[i], logits[i - 1] + 1e-9) << margin << " at " << i;
      ASSERT_GT(logits[i], logits[i - 1] - 0.01) << margin << " jumps at " << i;
    }
  }
}

TEST(SphereFace, HasTheGradientOfFiniteDifferences) {
  for (const double margin : {2.0, 3.0, 4.0}) {
    expect_gradients_of_finite_differences("sphereface", {.margin = margin, .lambda_start = 1, .lambda_end = 1}, 0);
  }
}

TEST(SphereFace, HasAFiniteGradientAtCosinesOfOneAndMinusOne) {
  expect_finite_gradients_at_the_poles("sphereface", {.lambda_start = 0, .lambda_end = 0});
}

TEST(SphereFace, RefusesWhatCannotWork) {
  EXPECT_THROW(make_classifier("sphereface", {.margin = 1.5}, 5, 4, 1), Error);
  EXPECT_THROW(make_classifier("sphereface", {.margin = 0}, 5, 4, 1), Error);
  EXPECT_THROW(make_classifier("sphereface", {.lambda_start = 1, .lambda_end = 2}, 5, 4, 1), Error);
  EXPECT_THROW(make_classifier("sphereface", {}, 1, 4, 1), Error) << "one identity";
}

}  // namespace
}  // namespace massface
