#include "train/training_step.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>
#include <functional>
#include <limits>

namespace massface {
namespace {

// Minimises any function of the embeddings.
struct FreeObjective : Objective {
  std::function<Tensor(const Tensor&)> function;

  std::unique_ptr<Sampler> make_sampler(const Dataset&, uint64_t, const IdentityNeighbours&) const override {
    return nullptr;
  }
  ObjectiveOutput loss(const Tensor& embeddings, const LossRequest&) override {
    return {function(embeddings), [] { return ObjectiveReport(); }};
  }
};

struct TrainingStepTest : testing::Test {
  TrainingStepTest() { model.network->train(); }

  std::vector<Tensor> weights() const {
    std::vector<Tensor> copies;
    for (const Tensor& parameter : model.network->parameters()) copies.push_back(parameter.detach().clone());
    return copies;
  }

  StepResult take(const std::function<Tensor(const Tensor&)>& function) {
    std::vector<std::pair<std::string, Tensor>> parameters;
    for (const auto& named : model.network->named_parameters()) parameters.emplace_back(named.key(), named.value());
    Optimizer optimizer({}, parameters);
    FreeObjective objective;
    objective.function = function;
    return TrainingStep(model, objective, optimizer, {})
        .take({.images = torch::full({4, 32, 32, 3}, 100, torch::kByte),
               .labels = torch::zeros({4}, torch::kLong),
               .learning_rate = 0.1});
  }

  bool changes_weights(const std::vector<Tensor>& before) const {
    const auto after = weights();
    for (size_t i = 0; i < after.size(); ++i) {
      if (!after[i].equal(before[i])) return true;
    }
    return false;
  }

  Model model = make_model({.name = "mobilefacenet", .embedding_size = 8}, {.height = 32, .width = 32}, 1);
};

TEST_F(TrainingStepTest, LearnsFromALossAndAGradientThatAreFinite) {
  const auto before = weights();
  const StepResult result = take([](const Tensor& embeddings) { return embeddings.square().sum(); });
  EXPECT_EQ(result.failure, "");
  EXPECT_GT(result.gradient_norm, 0);
  EXPECT_TRUE(changes_weights(before));
}

TEST_F(TrainingStepTest, ChangesNothingForALossThatIsNotFinite) {
  const auto before = weights();
  const StepResult result =
      take([](const Tensor& embeddings) { return embeddings.sum() + std::numeric_limits<float>::infinity(); });
  EXPECT_EQ(result.failure, "the loss is not finite");
  EXPECT_FALSE(changes_weights(before));
}

TEST_F(TrainingStepTest, ChangesNothingForAGradientThatIsNotFinite) {
  const auto before = weights();
  // The root is 0, and its slope infinite.
  const StepResult result = take([](const Tensor& embeddings) { return (0 * embeddings.sum()).sqrt(); });
  EXPECT_EQ(result.loss, 0);
  EXPECT_EQ(result.failure, "the gradient is not finite");
  EXPECT_FALSE(changes_weights(before));
}

}  // namespace
}  // namespace massface
