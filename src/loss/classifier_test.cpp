#include "loss/classifier.h"

#include <ATen/autocast_mode.h>
#include <gtest/gtest.h>

#include "core/error.h"
#include "core/testing_folder.h"
#include "loss/testing_classifier.h"

namespace massface {
namespace {

TEST(Classifiers, DrawTheirWeightsFromTheSeedAlone) {
  for (const std::string& name : classifier_names()) {
    const auto weight = [&](uint64_t seed) {
      return make_classifier(name, {}, 20, 8, seed)->named_parameters()["weight"];
    };
    EXPECT_TRUE(weight(1).equal(weight(1))) << name;
    EXPECT_FALSE(weight(1).equal(weight(2))) << name;
  }
}

TEST(Classifiers, ComputeInFloat32UnderAutocastToo) {
  const Tensor embeddings = normal_rows(6, 8, 3).to(torch::kBFloat16);
  const Tensor labels = torch::arange(6);
  for (const std::string& name : classifier_names()) {
    // Two of them, since some follow what they have seen.
    const auto classifier = make_classifier(name, {}, 20, 8, 1), same = make_classifier(name, {}, 20, 8, 1);
    const Tensor expected = classifier->forward(embeddings.to(torch::kFloat), labels).loss;
    at::autocast::set_autocast_enabled(at::kCPU, true);
    const Tensor loss = same->forward(embeddings, labels).loss;
    at::autocast::set_autocast_enabled(at::kCPU, false);
    EXPECT_EQ(loss.scalar_type(), torch::kFloat) << name;
    EXPECT_TRUE(loss.equal(expected)) << name;
  }
}

TEST(Classifiers, WithoutAMarginAreTheSoftmaxOfScaledCosines) {
  const PlanarFaces faces;
  const auto loss = [&](const std::string& name) {
    return classifier_with(name, {.scale = 5, .margin = 0}, faces.weight)
        ->forward(faces.embeddings, faces.labels)
        .loss.item<double>();
  };
  EXPECT_NEAR(loss("cosface"), loss("arcface"), 1e-12);
}

// Options under which each of them matters to whatever reads it.
ClassifierOptions telling_options() {
  return {.scale = 20,
          .scale_warmup_steps = 10,
          .initial_scale = 4,
          .margin_warmup_steps = 10,
          .lambda_start = 10,
          .lambda_decay = 0.1,
          .lambda_end = 1,
          .label_smoothing = 0.05};
}

double loss_with(const std::string& name, const ClassifierOptions& options) {
  constexpr int64_t kStep = 3;
  return make_classifier(name, options, 20, 8, 1)
      ->forward(normal_rows(6, 8, 3), torch::arange(6), kStep)
      .loss.item<double>();
}

TEST(Classifiers, SpreadAPartOfTheTargetOverAllIdentities) {
  const PlanarFaces faces;
  const auto loss = [&](double smoothing) {
    const auto classifier = classifier_with("softmax", {.label_smoothing = smoothing}, faces.weight);
    return classifier->forward(faces.embeddings, faces.labels).loss.item<double>();
  };
  const Tensor probabilities = at::log_softmax(at::matmul(faces.embeddings, faces.weight.t()), 1);
  const double spread = -probabilities.mean().item<double>();  // the cross-entropy with a uniform target
  EXPECT_NEAR(loss(0.3), 0.7 * loss(0) + 0.3 * spread, 1e-12);
}

// Each identity has three rows, of which the nearest counts; a naive loop finds it.
TEST(Classifiers, CompareWithTheNearestSubCenter) {
  constexpr int64_t kIdentities = 4, kCenters = 3, kDimensions = 5, kImages = 6;
  const Tensor embeddings = normal_rows(kImages, kDimensions, 3),
               centers = normal_rows(kIdentities * kCenters, kDimensions, 4);
  const Tensor labels = torch::tensor({0, 3, 1, 2, 2, 0}, torch::kLong);
  const auto classifier =
      make_classifier("cosface", {.scale = 8, .margin = 0, .sub_centers = kCenters}, kIdentities, kDimensions, 1);
  classifier->to(torch::kDouble);
  {
    const torch::NoGradGuard no_grad;
    classifier->named_parameters()["weight"].copy_(centers.view({kIdentities, kCenters * kDimensions}));
  }
  Tensor logits = torch::empty({kImages, kIdentities}, torch::kDouble);
  for (int64_t image = 0; image < kImages; ++image) {
    for (int64_t identity = 0; identity < kIdentities; ++identity) {
      double nearest = -1;
      for (int64_t center = 0; center < kCenters; ++center) {
        const Tensor row = centers[identity * kCenters + center];
        const double cosine = at::dot(embeddings[image], row).item<double>() /
                              (embeddings[image].norm().item<double>() * row.norm().item<double>());
        nearest = std::max(nearest, cosine);
      }
      logits[image][identity] = 8 * nearest;
    }
  }
  EXPECT_NEAR(classifier->forward(embeddings, labels).loss.item<double>(),
              at::cross_entropy_loss(logits, labels).item<double>(), 1e-12);
}

TEST(Classifiers, DeclareTheOptionsThatTheyRead) {
  ClassifierOptions described;
  OptionTable table;
  described.describe(table);
  for (const std::string& name : classifier_names()) {
    const double plain = loss_with(name, telling_options());
    for (const OptionField& field : table.fields()) {
      described = telling_options();
      // A margin of 1 is one that every classifier takes and none has by default.
      if (field.name == "margin")
        field.store(1.0);
      else if (field.name == "sample_rate")
        field.store(0.5);
      else if (field.kind == OptionKind::kInteger)
        field.store(std::get<int64_t>(field.get()) + 7);
      else
        field.store(std::get<double>(field.get()) * (field.name == "initial_scale" ? 2 : 9));
      EXPECT_EQ(loss_with(name, described) != plain, classifier_uses(name, field.name)) << name << " " << field.name;
    }
  }
}

TEST(ClassifierOptions, RefuseAScaleOfZeroWithTheOptionsName) {
  ClassifierOptions options;
  OptionTable table;
  options.describe(table);
  table.set_from_text("scale", "30", "x");
  EXPECT_EQ(options.scale, 30);
  EXPECT_THROW(table.set_from_text("scale", "0", "x"), Error);
  EXPECT_THROW(table.set_from_text("margin", "-2", "x"), Error);
}

TEST(ClassifierOptions, RefuseAWarmUpOfTheScaleThatFalls) {
  for (const std::string name : {"cosface", "arcface"}) {
    const auto error = [&](const ClassifierOptions& options) {
      return message_of<Error>([&] { make_classifier(name, options, 5, 4, 1); });
    };
    EXPECT_EQ(error({.scale = 16, .scale_warmup_steps = 5, .initial_scale = 30}),
              "classifier.initial_scale is 30, above classifier.scale, 16: in classifier.scale_warmup_steps the scale "
              "would fall instead of grow. Lower classifier.initial_scale");
    EXPECT_EQ(error({.scale = 16, .scale_warmup_steps = 5, .initial_scale = 16}), "");
    EXPECT_EQ(error({.scale = 4}), "") << "without a warm-up nothing begins at its default, 8";
  }
}

}  // namespace
}  // namespace massface
