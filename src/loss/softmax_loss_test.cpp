#include "loss/softmax_loss.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/random.h"

namespace massface {
namespace {

void set_parameter(SoftmaxClassifier& classifier, const std::string& name, const Tensor& value) {
  const torch::NoGradGuard no_grad;
  classifier.named_parameters()[name].copy_(value);
}

TEST(SoftmaxClassifier, IsTheCrossEntropyOfALinearLayer) {
  SoftmaxClassifier classifier(ClassifierRows(3, 1, 1), 2, 1);
  set_parameter(classifier, "weight", torch::tensor({{1.f, 0.f}, {0.f, 1.f}, {1.f, 1.f}}));
  set_parameter(classifier, "bias", torch::tensor({0.f, 0.5f, -1.f}));
  // Logits (2, 0.5, 1) and (0, 1.5, 0); identities 0 and 2.
  const auto output = classifier.forward(torch::tensor({{2.f, 0.f}, {0.f, 1.f}}), torch::tensor({0, 2}, torch::kInt64));
  const double first = -std::log(std::exp(2.0) / (std::exp(2.0) + std::exp(0.5) + std::exp(1.0)));
  const double second = -std::log(1 / (1 + std::exp(1.5) + 1));
  EXPECT_NEAR(output.loss.item<float>(), (first + second) / 2, 1e-6);
  EXPECT_EQ(output.accuracy.item<float>(), 0.5f);
  EXPECT_FALSE(output.accuracy.requires_grad());
}

TEST(SoftmaxClassifier, StartsAtTheLogarithmOfTheNumberOfIdentities) {
  const SoftmaxClassifier classifier(ClassifierRows(100, 1, 1), 512, 1);
  const Tensor embeddings = torch::full({4, 512}, 0.01f);
  const auto output = classifier.forward(embeddings, torch::tensor({0, 1, 50, 99}, torch::kInt64));
  EXPECT_NEAR(output.loss.item<float>(), std::log(100.0), 0.05);
}

TEST(SoftmaxClassifier, DrawsItsWeightsUniformlyFromTheSeedAlone) {
  const SoftmaxClassifier first(ClassifierRows(50, 1, 1), 64, 1), again(ClassifierRows(50, 1, 1), 64, 1),
      other(ClassifierRows(50, 1, 1), 64, 2);
  const Tensor weight = first.named_parameters()["weight"].detach();
  EXPECT_TRUE(weight.equal(again.named_parameters()["weight"]));
  EXPECT_FALSE(weight.equal(other.named_parameters()["weight"]));
  // They are not the random numbers of a backbone's first parameter.
  EXPECT_NE(weight[0][0].item<float>(), Random(1, RandomStream::kParameterInit, 0).uniform(-0.125f, 0.125f));
  EXPECT_LE(weight.abs().max().item<float>(), 0.125f);  // 1 / sqrt(64)
  EXPECT_GT(weight.abs().max().item<float>(), 0.124f);
  EXPECT_NEAR(weight.std().item<float>(), 0.125 / std::sqrt(3.0), 0.002);
  EXPECT_NEAR(weight.mean().item<float>(), 0, 0.005);
  EXPECT_TRUE(first.named_parameters()["bias"].equal(torch::zeros({50})));
}

TEST(SoftmaxClassifier, HasTheGradientOfFiniteDifferences) {
  SoftmaxClassifier classifier(ClassifierRows(5, 1, 1), 3, 1);
  classifier.to(torch::kDouble);
  const Tensor x = torch::tensor({{0.3, -0.2, 0.9}, {-1.0, 0.1, 0.4}}, torch::kDouble);
  const Tensor labels = torch::tensor({4, 1}, torch::kInt64);
  Tensor leaf = x.clone().requires_grad_(true);
  classifier.forward(leaf, labels).loss.backward();
  constexpr double h = 1e-6;
  for (int64_t i = 0; i < 2; ++i) {
    for (int64_t k = 0; k < 3; ++k) {
      Tensor up = x.clone(), down = x.clone();
      up[i][k] += h;
      down[i][k] -= h;
      const double numeric =
          (classifier.forward(up, labels).loss - classifier.forward(down, labels).loss).item<double>() / (2 * h);
      EXPECT_NEAR(leaf.grad()[i][k].item<double>(), numeric, 1e-8);
    }
  }
}

TEST(SoftmaxClassifier, ComputesInFloat32WhateverTheEmbeddingsAre) {
  const SoftmaxClassifier classifier(ClassifierRows(5, 1, 1), 8, 1);
  const Tensor embeddings = torch::linspace(-1, 1, 16).view({2, 8}).to(torch::kBFloat16);
  const Tensor labels = torch::tensor({4, 1}, torch::kInt64);
  const Tensor loss = classifier.forward(embeddings, labels).loss;
  EXPECT_EQ(loss.scalar_type(), torch::kFloat);
  EXPECT_TRUE(loss.equal(classifier.forward(embeddings.to(torch::kFloat), labels).loss));
}

}  // namespace
}  // namespace massface
