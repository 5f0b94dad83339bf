#include <gtest/gtest.h>

#include "distributed/testing_processes.h"
#include "loss/classifier_weight.h"
#include "loss/testing_classifier.h"

namespace massface {
namespace {

constexpr int64_t kIdentities = 11, kDimensions = 6, kImages = 8;

struct SplitInputs {
  Tensor labels = torch::tensor({4, 10, 0, 0, 3, 2, 7, 4}, torch::kInt64);
  Tensor embeddings = normal_rows(kImages, kDimensions, 5).requires_grad_(true);
};

// The results of one step of a classifier, in float64. rows: of the gradients of its parameters, with those of all
// processes.
struct Computed {
  Tensor loss, accuracy, of_embeddings;
  std::vector<std::pair<std::string, Tensor>> of_parameters;
};

Computed compute(const std::string& name, double sample_rate, double label_smoothing,
                 const std::shared_ptr<Processes>& processes) {
  SplitInputs inputs;
  const ClassifierOptions options{.scale = 8, .sample_rate = sample_rate, .label_smoothing = label_smoothing};
  const auto classifier = make_classifier(name, options, kIdentities, kDimensions, 3, processes);
  classifier->to(torch::kDouble);
  const LossOutput output = classifier->forward(inputs.embeddings, inputs.labels, /*step=*/17);
  output.loss.backward();
  Computed computed{.loss = output.loss.detach().clone(),
                    .accuracy = output.accuracy.to(torch::kDouble),
                    .of_embeddings = inputs.embeddings.grad()};
  processes->sum(std::vector<Tensor>{computed.loss, computed.accuracy, computed.of_embeddings});
  for (const auto& parameter : classifier->named_parameters()) {
    const Tensor& gradient = parameter.value().grad();
    const Tensor rows = gradient.is_sparse() ? gradient.to_dense() : gradient;
    computed.of_parameters.emplace_back(parameter.key(), gather_shares(*processes, rows, kIdentities));
  }
  return computed;
}

std::string difference(const Computed& is, const Computed& expected) {
  const auto near = [](const Tensor& a, const Tensor& b) { return (a - b).abs().max().item<double>() < 1e-12; };
  if (!near(is.loss, expected.loss)) {
    return fmt::format("loss {} of {}", is.loss.item<double>(), expected.loss.item<double>());
  }
  if (!near(is.accuracy, expected.accuracy)) return "accuracy";
  if (!near(is.of_embeddings, expected.of_embeddings)) return "gradient of the embeddings";
  for (size_t i = 0; i < expected.of_parameters.size(); ++i) {
    if (!near(is.of_parameters[i].second, expected.of_parameters[i].second)) {
      return "gradient of the " + expected.of_parameters[i].first;
    }
  }
  return "the same";
}

// At a rate of 0.05, a process may have no row to compare with.
TEST(SplitClassifier, ComputesWhatTheWholeOneComputes) {
  for (const std::string& name : classifier_names()) {
    struct Case {
      double rate, smoothing;
    };
    for (const auto& [rate, smoothing] : {Case{1, 0}, Case{0.4, 0}, Case{0.05, 0}, Case{1, 0.2}, Case{0.4, 0.2}}) {
      const Computed whole = compute(name, rate, smoothing, single_process());
      for (const auto& [_, gradient] : whole.of_parameters) ASSERT_GT(gradient.abs().max().item<double>(), 1e-3);
      for (const int64_t size : {2, 3, 4}) {
        const auto results = as_processes(size, [&](Processes& own) {
          return difference(compute(name, rate, smoothing, {std::shared_ptr<Processes>(), &own}), whole);
        });
        EXPECT_EQ(results, std::vector<std::string>(static_cast<size_t>(size), "the same"))
            << name << " " << rate << " " << smoothing;
      }
    }
  }
}

TEST(SplitClassifier, OfFewerIdentitiesThanTwoAProcessIsRefused) {
  const auto results = as_processes(3, [](Processes& own) -> std::string {
    make_classifier("softmax", {}, 5, 4, 1, {std::shared_ptr<Processes>(), &own});
    return "made";
  });
  EXPECT_EQ(results[0], "the 5 identities of the classifier cannot be divided among 3 processes; at most 2 could");
}

TEST(ClassifierRows, SampleTheBatchAndTheGivenPartOfTheOthers) {
  const ClassifierRows rows(40'000, 0.3, 9);
  const Tensor labels = torch::tensor({39'999, 0, 17, 17}, torch::kInt64);
  const ActiveRows active = rows.active(labels, 4);
  EXPECT_NEAR(static_cast<double>(active.rows.size(0)), 12'000, 300);
  EXPECT_TRUE(active.rows.index_select(0, active.column.squeeze(1)).equal(labels));
  EXPECT_TRUE((active.rows.diff() > 0).all().item<bool>());
  EXPECT_TRUE(rows.active(labels, 4).rows.equal(active.rows));
  EXPECT_FALSE(rows.active(labels, 5).rows.equal(active.rows));
}

// The loss among the batch's identities and the sample, from a classifier that has no others.
TEST(ClassifierRows, OfASampleGiveTheLossAmongThem) {
  const SplitInputs inputs;
  const ClassifierRows rows(kIdentities, 0.4, 3);
  const ActiveRows active = rows.active(inputs.labels, 17);
  ASSERT_LT(active.rows.size(0), kIdentities);
  const Tensor weight = draw_classifier_weight({0, kIdentities}, kDimensions, 3).to(torch::kDouble);
  const auto few = classifier_with("cosface", {.scale = 8}, weight.index_select(0, active.rows));
  const double expected = few->forward(inputs.embeddings, active.column.squeeze(1)).loss.item<double>();
  EXPECT_NEAR(compute("cosface", 0.4, 0, single_process()).loss.item<double>(), expected, 1e-12);
}

TEST(ClassifierRows, AreDrawnAlikeInAnyShare) {
  const Tensor whole = draw_classifier_weight({0, 20}, 7, 5);
  EXPECT_TRUE(draw_classifier_weight({3, 11}, 7, 5).equal(whole.slice(0, 3, 11)));
  EXPECT_TRUE(draw_classifier_weight({19, 20}, 7, 5).equal(whole.slice(0, 19, 20)));
}

}  // namespace
}  // namespace massface
