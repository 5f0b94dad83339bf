#pragma once

#include <gtest/gtest.h>

#include "core/random.h"
#include "loss/classifier.h"

namespace massface {

// Three identities at 0, 90 and 180 degrees, with weights of different lengths, and three embeddings: at 30, 120 and
// 170 degrees, of length 3, 1 and 2, of the identities 0, 1 and 0.
struct PlanarFaces {
  Tensor weight = torch::tensor({{2.0, 0.0}, {0.0, 0.5}, {-7.0, 0.0}}, torch::kDouble);
  Tensor labels = torch::tensor({0, 1, 0}, torch::kInt64);
  Tensor embeddings = torch::tensor({{3 * 0.8660254037844386, 3 * 0.5},
                                     {-0.5, 0.8660254037844386},
                                     {2 * -0.984807753012208, 2 * 0.17364817766693033}},
                                    torch::kDouble);
};

// A float64 classifier whose parameter `weight` has the given value.
inline std::shared_ptr<Classifier> classifier_with(const std::string& name, const ClassifierOptions& options,
                                                   const Tensor& weight) {
  const auto classifier = make_classifier(name, options, weight.size(0), weight.size(1), 1);
  classifier->to(torch::kDouble);
  const torch::NoGradGuard no_grad;
  classifier->named_parameters()["weight"].copy_(weight);
  return classifier;
}

inline Tensor normal_rows(int64_t rows, int64_t columns, uint64_t seed) {
  Random random(seed, RandomStream::kSyntheticImage);
  Tensor x = torch::empty({rows, columns}, torch::kDouble);
  for (int64_t i = 0; i < x.numel(); ++i) x.data_ptr<double>()[i] = random.normal();
  return x;
}

// Compares the gradients of the loss with respect to the embeddings and to the weight with central differences.
inline void expect_gradients_of_finite_differences(const std::string& name, const ClassifierOptions& options,
                                                   int64_t step) {
  const Tensor labels = torch::tensor({4, 1, 0, 0, 3, 2, 2, 4}, torch::kInt64);
  Tensor x = normal_rows(8, 3, 5).requires_grad_(true);
  const auto classifier = classifier_with(name, options, normal_rows(5, 3, 6));
  Tensor weight = classifier->named_parameters()["weight"];
  classifier->forward(x, labels, step).loss.backward();
  const torch::NoGradGuard no_grad;
  constexpr double h = 1e-6;
  for (Tensor variable : {x, weight}) {
    double* value = variable.data_ptr<double>();
    for (int64_t i = 0; i < variable.numel(); ++i) {
      const double before = value[i];
      value[i] = before + h;
      const double up = classifier->forward(x, labels, step).loss.item<double>();
      value[i] = before - h;
      const double down = classifier->forward(x, labels, step).loss.item<double>();
      value[i] = before;
      EXPECT_NEAR(variable.grad().flatten()[i].item<double>(), (up - down) / (2 * h), 1e-7) << name << " " << i;
    }
  }
}

// Checks the gradients at cosines of 1 and -1 with the right identity, in float32, where rounding may also carry a
// cosine beyond these.
inline void expect_finite_gradients_at_the_poles(const std::string& name, const ClassifierOptions& options) {
  const Tensor weight = normal_rows(6, 32, 9).to(torch::kFloat);
  Tensor x = torch::cat({weight, -weight}).requires_grad_(true);
  const Tensor labels = torch::arange(6).repeat({2});
  const auto classifier = make_classifier(name, options, 6, 32, 1);
  {
    const torch::NoGradGuard no_grad;
    classifier->named_parameters()["weight"].copy_(weight);
  }
  const Tensor loss = classifier->forward(x, labels).loss;
  loss.backward();
  EXPECT_TRUE(loss.isfinite().item<bool>());
  EXPECT_TRUE(x.grad().isfinite().all().item<bool>());
  EXPECT_LT(x.grad().abs().max().item<float>(), 100.f);
  EXPECT_TRUE(classifier->named_parameters()["weight"].grad().isfinite().all().item<bool>());
}

// Returns the right identity's logit with a margin at angles from 0 to 180 degrees, for one unit embedding and scale 1.
// It follows from the loss: with a second identity at a right angle to all embeddings, the loss is log(1 + exp(0 -
// logit)).
inline std::vector<double> right_logits_over_angles(const std::string& name, const ClassifierOptions& options) {
  const auto classifier =
      classifier_with(name, options, torch::tensor({{1.0, 0.0, 0.0}, {0.0, 0.0, 1.0}}, torch::kDouble));
  std::vector<double> logits;
  for (int i = 0; i <= 1800; ++i) {
    const double angle = i * 3.141592653589793 / 1800;
    const Tensor x = torch::tensor({{std::cos(angle), std::sin(angle), 0.0}}, torch::kDouble);
    const double loss = classifier->forward(x, torch::zeros({1}, torch::kInt64), 1'000'000).loss.item<double>();
    logits.push_back(-std::log(std::expm1(loss)));
  }
  return logits;
}

}  // namespace massface
