#include <gtest/gtest.h>

#include "core/error.h"
#include "core/testing_folder.h"
#include "loss/testing_classifier.h"

namespace massface {
namespace {

TEST(ArcFace, AddsTheMarginToTheRightAngle) {
  const PlanarFaces faces;
  const auto classifier = classifier_with("arcface", {.scale = 4, .margin = 0.5}, faces.weight);
  const auto output = classifier->forward(faces.embeddings, faces.labels);
  // Logits 4 (cos(pi/6 + 0.5), cos 60, cos 150), 4 (cos 120, cos(pi/6 + 0.5), cos 60), and, past pi - 0.5,
  // 4 (cos 170 - 0.5 sin 0.5, cos 80, cos 10): losses 0.655409, 0.662127, 8.875695.
  EXPECT_NEAR(output.loss.item<double>(), 3.397743468387507, 1e-9);
  EXPECT_NEAR(output.accuracy.item<float>(), 2.f / 3, 1e-6f);
}

TEST(ArcFace, FallsMonotonicallyAlsoPastPiMinusTheMargin) {
  for (const double margin : {0.1, 0.5, 1.5}) {
    const auto logits = right_logits_over_angles("arcface", {.scale = 1, .margin = margin});
    for (size_t i = 1; i < logits.size(); ++i) ASSERT_LT(logits[i], logits[i - 1]) << margin << " at " << i;
    EXPECT_NEAR(logits.back(), -1 - margin * std::sin(margin), 1e-9);
  }
}

TEST(ArcFace, HasThePapersMarginWhereNoneIsGiven) {
  const PlanarFaces faces;
  const auto loss = [&](double margin) {
    return classifier_with("arcface", {.margin = margin}, faces.weight)
        ->forward(faces.embeddings, faces.labels)
        .loss.item<double>();
  };
  EXPECT_EQ(loss(-1), loss(0.5));
  EXPECT_LT(loss(0), loss(0.5));
}

TEST(ArcFace, HasTheGradientOfFiniteDifferences) {
  expect_gradients_of_finite_differences("arcface", {.scale = 6, .margin = 0.5}, 0);
  expect_gradients_of_finite_differences("arcface", {.scale = 6, .margin = 1.5}, 0);  // most angles past pi - m
}

TEST(ArcFace, HasAFiniteGradientAtCosinesOfOneAndMinusOne) { expect_finite_gradients_at_the_poles("arcface", {}); }

TEST(ArcFace, WarmsUpItsMargin) {
  const PlanarFaces faces;
  const auto loss = [&](const ClassifierOptions& options, int64_t step) {
    return classifier_with("arcface", options, faces.weight)
        ->forward(faces.embeddings, faces.labels, step)
        .loss.item<double>();
  };
  const ClassifierOptions warm{.margin = 0.4, .margin_warmup_steps = 4};
  EXPECT_NEAR(loss(warm, 0), loss({.margin = 0}, 0), 1e-12);
  EXPECT_NEAR(loss(warm, 1), loss({.margin = 0.1}, 0), 1e-12);
  EXPECT_NEAR(loss(warm, 4), loss({.margin = 0.4}, 0), 1e-12);
}

TEST(ArcFace, RefusesWhatCannotWork) {
  EXPECT_THROW(make_classifier("arcface", {.scale = 0}, 5, 4, 1), Error);
  EXPECT_THROW(make_classifier("arcface", {.margin = 1.58}, 5, 4, 1), Error) << "beyond pi / 2";
  EXPECT_THROW(make_classifier("arcface", {.margin = -0.5}, 5, 4, 1), Error);
  EXPECT_THROW(make_classifier("arcface", {}, 1, 4, 1), Error) << "one identity";
  EXPECT_NO_THROW(make_classifier("arcface", {.margin = 1.57}, 2, 4, 1));
  const auto of_rounded = message_of<Error>([] { make_classifier("arcface", {.margin = 1.5708}, 5, 4, 1); });
  EXPECT_TRUE(of_rounded.ends_with("between 0 and pi / 2 (1.5707963267948966)")) << of_rounded;
}

}  // namespace
}  // namespace massface
