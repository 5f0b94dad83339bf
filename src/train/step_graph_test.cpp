#include "train/step_graph.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "kernels/cuda_hooks.h"
#include "train/testing_training.h"

namespace massface {
namespace {

// Adds its inputs to a state, as a step updates weights, and counts how often the host computes it.
struct Accumulator {
  Tensor state = torch::zeros({});
  int calls = 0;

  StepGraph<Tensor>::Work work() {
    return [this](const std::vector<Tensor>& inputs) {
      ++calls;
      state.add_(inputs[0].sum());
      return state.clone();
    };
  }
};

TEST(StepGraph, GivesWhatTheWorkGivesWhateverIsRecorded) {
  Accumulator plain, recorded;
  StepGraph<Tensor> off(at::kCPU, false), on(at::kCPU, true);
  for (int step = 0; step < 20; ++step) {
    // Another size now and then, a step without a kind, and a new kind that takes over.
    const Tensor input = torch::full({step % 7 == 6 ? 2 : 3}, step + 1.0);
    const std::vector<std::optional<int64_t>> kinds{std::nullopt, 1, 2};
    const auto kind = kinds[step % 5 == 4 ? 0 : step < 10 ? 1 : 2];
    const Tensor a = off.run(kind, {input}, plain.work()), b = on.run(kind, {input}, recorded.work());
    EXPECT_TRUE(a.equal(b)) << step;
  }
  EXPECT_TRUE(on.has_recording());
  EXPECT_FALSE(off.has_recording());
}

TEST(StepGraph, RecordsAfterThreeStepsOfAKind) {
  Accumulator accumulator;
  StepGraph<Tensor> graph(at::kCPU, true);
  for (int step = 0; step < 3; ++step) {
    graph.run(7, {torch::ones({2})}, accumulator.work());
    EXPECT_FALSE(graph.has_recording());
  }
  graph.run(7, {torch::ones({2})}, accumulator.work());
  EXPECT_TRUE(graph.has_recording());
}

TEST(StepGraph, TakesARecordedStepFromItsRecordingAndOthersAsTheyAre) {
  Accumulator first, other;
  StepGraph<Tensor> graph(at::kCPU, true);
  for (int step = 0; step < 4; ++step) graph.run(7, {torch::ones({2})}, first.work());
  // For the recorded kind and size, the recorded work runs, not the one that is passed.
  graph.run(7, {torch::ones({2})}, other.work());
  EXPECT_EQ(other.calls, 0);
  EXPECT_EQ(first.state.item<float>(), 10);
  graph.run(7, {torch::ones({3})}, other.work());
  graph.run(8, {torch::ones({2})}, other.work());
  graph.run(std::nullopt, {torch::ones({2})}, other.work());
  EXPECT_EQ(other.calls, 3);
}

class RecordedTraining : public SmallTraining {};

// A recorded step computes over buffers of its own, with the learning rate and the skipped steps in memory.
TEST_F(RecordedTraining, HasTheLossesOfOneThatIsNot) {
  for (const std::string loss : {"triplet", "softmax", "joint"}) {
    Recipe plain = recipe("online");
    plain.phases[0].objective.loss = loss;
    plain.phases[0].steps = 8;
    plain.phases[0].objective.batch.size = 8;
    plain.phases[0].schedule.name = "cosine";
    Recipe recorded = plain;
    recorded.cuda_graphs = "on";
    const auto a = train_steps(plain), b = train_steps(recorded);
    ASSERT_EQ(a.size(), 8u);
    for (size_t i = 0; i < a.size(); ++i) {
      EXPECT_EQ(a[i]["loss"], b[i]["loss"]) << loss << " " << i;
      EXPECT_EQ(a[i]["gradient_norm"], b[i]["gradient_norm"]) << loss << " " << i;
    }
  }
}

// The layers of a step on a GPU: one after the other, in bf16 by autocast.
TEST_F(RecordedTraining, TrainsInBf16ThroughTheReferenceLayers) {
  Recipe exact = recipe("online");
  exact.phases[0].steps = 5;
  exact.backbone.kernels = "reference";
  Recipe rounded = exact;
  rounded.precision = "bf16";
  Recipe recorded = rounded;
  recorded.cuda_graphs = "on";
  const auto a = train_steps(exact), b = train_steps(rounded), c = train_steps(recorded);
  ASSERT_EQ(b.size(), 5u);
  EXPECT_NE(a[0]["loss"], b[0]["loss"]);
  EXPECT_NEAR(a[0]["loss"].get<double>(), b[0]["loss"].get<double>(), 0.05 * a[0]["loss"].get<double>());
  for (size_t i = 0; i < b.size(); ++i) EXPECT_EQ(b[i]["loss"], c[i]["loss"]) << i;
}

TEST(StepGraphOnAGpu, FillsItsOutcomeAnew) {
  if (cuda_hooks::num_devices() == 0) GTEST_SKIP() << "needs a GPU and a build with CUDA";
  Tensor state = torch::zeros({}, torch::kCUDA);
  StepGraph<Tensor> graph(at::Device(at::kCUDA, 0), true);
  for (int step = 1; step <= 9; ++step) {
    const Tensor sum = graph.run(0, {torch::full({5}, step, torch::kCUDA).to(torch::kFloat)},
                                 [&state](const std::vector<Tensor>& inputs) {
                                   state.add_(inputs[0].sum());
                                   return state.clone();
                                 });
    EXPECT_EQ(sum.item<float>(), 5 * step * (step + 1) / 2) << step;
  }
  EXPECT_TRUE(graph.has_recording());
}

}  // namespace
}  // namespace massface
