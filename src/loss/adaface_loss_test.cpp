#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "core/error.h"
#include "loss/testing_classifier.h"

namespace massface {
namespace {

constexpr double kRadians = std::numbers::pi / 180;

// The lengths of the embeddings are 3, 1 and 2: their mean is 2, their deviation 1. With a rate of 1 these are the
// averages, and z is h (1, -1, 0) / 1.001.
TEST(AdaFace, GivesLongEmbeddingsAMarginOfTheCosineAndShortOnesOneOfTheAngle) {
  const PlanarFaces faces;
  constexpr double kMargin = 0.4, kScale = 4, kConcentration = 0.5;
  const auto classifier = classifier_with(
      "adaface", {.scale = kScale, .margin = kMargin, .norm_concentration = kConcentration, .norm_rate = 1},
      faces.weight);
  const double z = kConcentration / 1.001;
  const auto right = [&](double degrees, double quality) {
    return std::cos(degrees * kRadians - kMargin * quality) - kMargin * quality - kMargin;
  };
  const auto cross_entropy = [&](double of_right, double first, double second) {
    return -kScale * of_right + std::log(std::exp(kScale * of_right) + std::exp(kScale * std::cos(first * kRadians)) +
                                         std::exp(kScale * std::cos(second * kRadians)));
  };
  const double expected = (cross_entropy(right(30, z), 60, 150) + cross_entropy(right(30, -z), 120, 60) +
                           cross_entropy(right(170, 0), 80, 10)) /
                          3;
  EXPECT_NEAR(classifier->forward(faces.embeddings, faces.labels).loss.item<double>(), expected, 1e-9);
}

TEST(AdaFace, KeepsTheAngleWithinZeroAndPi) {
  // At 10 degrees from its identity, and turned by 0.4 radians, 23 degrees: a cosine of 1.
  const Tensor weight = torch::tensor({{1.0, 0.0}, {0.0, 1.0}}, torch::kDouble);
  const Tensor x = 50 * torch::tensor({{std::cos(10 * kRadians), std::sin(10 * kRadians)}}, torch::kDouble);
  const auto classifier =
      classifier_with("adaface", {.scale = 1, .margin = 0.4, .norm_concentration = 100, .norm_rate = 0}, weight);
  const double right = 1 - 0.8, other = std::cos(80 * kRadians);
  EXPECT_NEAR(classifier->forward(x, torch::zeros({1}, torch::kInt64)).loss.item<double>(),
              -right + std::log(std::exp(right) + std::exp(other)), 1e-9);
}

TEST(AdaFace, FollowsTheLengthsOfEmbeddings) {
  const PlanarFaces faces;
  const auto classifier = classifier_with("adaface", {.norm_rate = 0.25}, faces.weight);
  classifier->forward(faces.embeddings, faces.labels);
  EXPECT_NEAR(classifier->named_buffers()["norm_mean"].item<double>(), 0.75 * 20 + 0.25 * 2, 1e-9);
  EXPECT_NEAR(classifier->named_buffers()["norm_deviation"].item<double>(), 0.75 * 100 + 0.25 * 1, 1e-9);
}

// Where z is at its limit, it does not change with the embedding, so that finite differences see what the gradient is.
TEST(AdaFace, HasTheGradientOfFiniteDifferences) {
  expect_gradients_of_finite_differences("adaface",
                                         {.scale = 6, .margin = 0.3, .norm_concentration = 1000, .norm_rate = 0}, 0);
}

TEST(AdaFace, HasAFiniteGradientAtCosinesOfOneAndMinusOne) { expect_finite_gradients_at_the_poles("adaface", {}); }

TEST(AdaFace, RefusesWhatCannotWork) {
  EXPECT_THROW(make_classifier("adaface", {.scale = 0}, 5, 4, 1), Error);
  EXPECT_THROW(make_classifier("adaface", {.margin = 1.1}, 5, 4, 1), Error);
}

}  // namespace
}  // namespace massface
