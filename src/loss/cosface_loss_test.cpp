#include <gtest/gtest.h>

#include "core/error.h"
#include "loss/testing_classifier.h"

namespace massface {
namespace {

TEST(CosFace, TakesTheMarginFromTheRightCosine) {
  const PlanarFaces faces;
  const auto classifier = classifier_with("cosface", {.scale = 4, .margin = 0.35}, faces.weight);
  const auto output = classifier->forward(faces.embeddings, faces.labels);
  // Logits 4 (cos 30 - 0.35, cos 60, cos 150), 4 (cos 120, cos 30 - 0.35, cos 60), 4 (cos 170 - 0.35, cos 80, cos 10):
  // losses 0.663658, 0.670435, 9.316794.
  EXPECT_NEAR(output.loss.item<double>(), 3.550295745341662, 1e-9);
  EXPECT_NEAR(output.accuracy.item<float>(), 2.f / 3, 1e-6f);
}

TEST(CosFace, HasThePapersMarginWhereNoneIsGiven) {
  const PlanarFaces faces;
  const auto loss = [&](double margin) {
    return classifier_with("cosface", {.scale = 4, .margin = margin}, faces.weight)
        ->forward(faces.embeddings, faces.labels)
        .loss.item<double>();
  };
  EXPECT_EQ(loss(-1), loss(0.35));
  EXPECT_LT(loss(0), loss(0.35));
}

TEST(CosFace, MeasuresTheAccuracyWithoutTheMargin) {
  // At 40 degrees from its own identity and 50 from the other: right, though with the margin it would be wrong.
  const auto classifier =
      classifier_with("cosface", {.margin = 0.35}, torch::tensor({{1.0, 0.0}, {0.0, 1.0}}, torch::kDouble));
  const Tensor x = torch::tensor({{0.766, 0.643}}, torch::kDouble);
  EXPECT_EQ(classifier->forward(x, torch::zeros({1}, torch::kInt64)).accuracy.item<float>(), 1.f);
}

TEST(CosFace, HasTheGradientOfFiniteDifferences) {
  expect_gradients_of_finite_differences("cosface", {.scale = 6, .margin = 0.35}, 0);
}

TEST(CosFace, HasAFiniteGradientAtCosinesOfOneAndMinusOne) { expect_finite_gradients_at_the_poles("cosface", {}); }

TEST(CosFace, WarmsUpItsScaleAndItsMargin) {
  const PlanarFaces faces;
  const auto loss = [&](const ClassifierOptions& options, int64_t step) {
    return classifier_with("cosface", options, faces.weight)
        ->forward(faces.embeddings, faces.labels, step)
        .loss.item<double>();
  };
  const ClassifierOptions warm{
      .scale = 20, .margin = 0.4, .scale_warmup_steps = 10, .initial_scale = 4, .margin_warmup_steps = 4};
  EXPECT_NEAR(loss(warm, 0), loss({.scale = 4, .margin = 0}, 0), 1e-12);
  EXPECT_NEAR(loss(warm, 3), loss({.scale = 8.8, .margin = 0.3}, 0), 1e-12);
  EXPECT_NEAR(loss(warm, 10), loss({.scale = 20, .margin = 0.4}, 0), 1e-12);
}

TEST(CosFace, RefusesWhatCannotWork) {
  EXPECT_THROW(make_classifier("cosface", {.scale = 0}, 5, 4, 1), Error);
  EXPECT_THROW(make_classifier("cosface", {.margin = 1.1}, 5, 4, 1), Error);
  EXPECT_THROW(make_classifier("cosface", {.margin = -0.1}, 5, 4, 1), Error);
  EXPECT_THROW(make_classifier("cosface", {}, 1, 4, 1), Error) << "one identity";
  EXPECT_NO_THROW(make_classifier("cosface", {.margin = 0}, 2, 4, 1));
}

}  // namespace
}  // namespace massface
