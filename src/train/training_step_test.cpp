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

// Two processes that have the same images, of which this is the first. Records what happens in a step.
class RecordingProcesses : public Processes {
 public:
  RecordingProcesses() : Processes(0, 2) {}
  void sum(const std::vector<Tensor>&) override {}
  std::unique_ptr<PendingSum> start_sum(const Tensor&) override {
    events.emplace_back("sum");
    return std::make_unique<Ended>();
  }
  Tensor gather(const Tensor& rows) override { return at::cat({rows, rows}); }
  std::vector<std::string> exchange(const std::string& text) override { return {text, text}; }
  std::string from_first(const std::string& text) override { return text; }
  bool is_told_by_first(const std::string&) override { return false; }

  std::vector<std::string> events;

 private:
  struct Ended : PendingSum {
    void wait() override {}
  };
};

// Buckets are on their way before the backward pass has reached the first layer, with fused layers and without.
TEST_F(TrainingStepTest, StartsToSendGradientsWhileEarlierLayersAreComputed) {
  for (const char* kernels : {"fast", "reference"}) {
    model.network->choose_kernels({.kernels = kernels});
    const auto processes = std::make_shared<RecordingProcesses>();
    Optimizer optimizer({}, Optimizer::Parameters());
    FreeObjective objective;
    objective.function = [](const Tensor& embeddings) { return embeddings.square().sum(); };
    TrainingStep step(model, objective, optimizer, {.processes = processes});
    // The input of the first layer has no gradient; its weight's is the last of all.
    const Tensor first = model.network->parameters().front();
    const auto hook = first.register_hook([&](const Tensor&) { processes->events.emplace_back("first layer"); });
    step.take({.images = torch::full({4, 32, 32, 3}, 100, torch::kByte), .labels = torch::zeros({8}, torch::kLong)});
    first.remove_hook(hook);
    const auto reached = std::ranges::find(processes->events, "first layer");
    ASSERT_NE(reached, processes->events.end());
    EXPECT_GE(std::count(processes->events.begin(), reached, "sum"), 4) << kernels << ": the loss and three buckets";
  }
}

}  // namespace
}  // namespace massface
