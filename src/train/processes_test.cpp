#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>

#include "checkpoint/checkpoint.h"
#include "core/error.h"
#include "core/files.h"
#include "core/testing_text.h"
#include "distributed/testing_processes.h"
#include "mining/strategy.h"
#include "objective/objective.h"
#include "tensor_file/npy.h"
#include "train/testing_training.h"

namespace massface {
namespace {

using Json = nlohmann::json;

// The same trainings in one and in several processes.
class TrainingProcesses : public SmallTraining {
 protected:
  static constexpr const char* kEnded = "ended";

  // Trains in `size` processes in folder / "run-SIZE". Returns what each of them ended with.
  static std::vector<std::string> train_in(int64_t size, const Recipe& recipe, const TemporaryFolder& folder,
                                           ResumeOptions resume = {}) {
    const std::filesystem::path path = run_of(size, folder);
    return as_processes(size, [&](Processes& own) -> std::string {
      const std::shared_ptr<Processes> processes(std::shared_ptr<Processes>(), &own);
      TrainingSetup setup = make_training_setup(recipe, /*initial_weights=*/!resume.resume, processes);
      const LockedRun run = !own.is_first() ? LockedRun::of_first_process(path)
                            : resume.resume ? LockedRun(RunDirectory{path})
                                            : create_run_directory(path, "", recipe);
      train(std::move(setup), run, resume);
      return kEnded;
    });
  }
  static std::filesystem::path run_of(int64_t size, const TemporaryFolder& folder) {
    return folder / fmt::format("run-{}", size);
  }
  static void expect_trained(int64_t size, const Recipe& recipe, const TemporaryFolder& folder,
                             ResumeOptions resume = {}) {
    EXPECT_EQ(train_in(size, recipe, folder, resume), std::vector<std::string>(static_cast<size_t>(size), kEnded));
  }

  static std::vector<Json> records_of(const std::filesystem::path& run, const std::string& kind) {
    std::vector<Json> records;
    std::ifstream lines(run / "metrics.jsonl");
    for (std::string line; std::getline(lines, line);) {
      if (Json record = Json::parse(line); record["kind"] == kind) records.push_back(std::move(record));
    }
    return records;
  }

  // Batches of 12 images, which 2, 3 and 4 processes can share, and BatchNorm that does not depend on how they do.
  static Recipe shared_recipe(const std::string& pool = "online", const std::string& strategy = "batch_hardest") {
    Recipe shared = recipe(pool, strategy);
    shared.threads = 1;
    PhaseOptions& phase = shared.phases[0];
    phase.objective.batch.by_identity = {.identities = 6, .images_per_identity = 2};
    phase.objective.batch.size = 12;
    phase.batch_norm = "synchronised";
    phase.steps = 20;
    // Small steps: with large ones, rounding grows a thousandfold in each, as it does between kernels.
    phase.optimizer.learning_rate = 1e-4;
    return shared;
  }

  // Relative to the distance that the weights have moved from `start`, in the L2 norm. Without the running statistics,
  // which move further than the weights do in such small steps.
  static double difference(const NamedTensors& weights, const NamedTensors& expected, const NamedTensors& start) {
    double moved = 0, apart = 0;
    for (const auto& [name, tensor] : expected.tensors) {
      if (name.find(".running_") != std::string::npos) continue;
      moved += (tensor - start.at(name)).to(at::kDouble).square().sum().item<double>();
      apart += (tensor - weights.at(name)).to(at::kDouble).square().sum().item<double>();
    }
    return std::sqrt(apart / moved);
  }

  // Lets the recipe start from a network whose PReLUs are linear. At a kink, rounding decides which of two gradients a
  // value gets, so two ways to compute the same thing would differ by more than rounding.
  static Model start_without_kinks(Recipe& recipe, const TemporaryFolder& folder) {
    Model model = make_training_setup(recipe, true).model;
    const at::NoGradGuard no_grad;
    for (const auto& parameter : model.network->named_parameters()) {
      if (parameter.key().ends_with("prelu.weight")) parameter.value().fill_(1);
    }
    recipe.from = folder / "start.safetensors";
    save_model(recipe.from, model);
    return model;
  }

  // Expects the losses and weights of one process from 2, 3 and 4.
  static void expect_same_at_any_size(Recipe recipe, double of_weights, const std::vector<int64_t>& sizes = {2, 3, 4}) {
    const TemporaryFolder folder;
    const NamedTensors start = to_tensors(start_without_kinks(recipe, folder));
    expect_trained(1, recipe, folder);
    const std::string file = recipe.phases[0].name + ".safetensors";
    const NamedTensors expected = read_safetensors(run_of(1, folder) / file);
    const auto steps = records_of(run_of(1, folder), "step");
    for (const int64_t size : sizes) {
      expect_trained(size, recipe, folder);
      const auto others = records_of(run_of(size, folder), "step");
      ASSERT_EQ(others.size(), steps.size()) << size;
      // Twelve images of 32 x 32 pixels leave the last layers twelve values per channel, which is what rounding of 4e-6
      // comes from.
      for (size_t i = 0; i < steps.size(); ++i) {
        const double loss = steps[i]["loss"];
        const double rounding = i == 0 ? 4e-6 : 1e-3;
        EXPECT_NEAR(others[i]["loss"].get<double>(), loss, rounding * std::max(1.0, std::abs(loss)))
            << size << " " << i;
        EXPECT_EQ(others[i].value("triplets_selected", 0), steps[i].value("triplets_selected", 0)) << size << " " << i;
      }
      EXPECT_LT(difference(read_safetensors(run_of(size, folder) / file), expected, start), of_weights) << size;
    }
  }

  static Recipe of_loss(const std::string& loss) {
    Recipe shared = shared_recipe();
    shared.phases[0].objective.loss = loss;
    return shared;
  }
};

// One step with a rate so large that the weights show the gradient.
TEST_F(TrainingProcesses, GiveTheGradientsOfOne) {
  for (const std::string& loss : objective_names()) {
    SCOPED_TRACE(loss);
    Recipe shared = of_loss(loss);
    shared.phases[0].steps = 1;
    shared.phases[0].optimizer = {.learning_rate = 1, .momentum = 0, .weight_decay = 0};
    shared.phases[0].objective.joint.classifier_only_epochs = 0;
    expect_same_at_any_size(shared, 1e-5);
  }
}

TEST_F(TrainingProcesses, TrainAsOneWithEveryStrategy) {
  for (const std::string& strategy : strategy_names()) {
    SCOPED_TRACE(strategy);
    Recipe shared = shared_recipe("online", strategy);
    shared.phases[0].steps = 3;
    expect_same_at_any_size(shared, 1e-3, {3});
  }
}

TEST_F(TrainingProcesses, TrainAsOneWithAMemory) {
  Recipe shared = shared_recipe();
  shared.phases[0].objective.mining.memory = 30;
  shared.phases[0].steps = 4;
  expect_same_at_any_size(shared, 1e-3, {3});
}

TEST_F(TrainingProcesses, TrainAsOneForTwentySteps) { expect_same_at_any_size(shared_recipe(), 1e-3, {2}); }

// The reference layers, and sub-batches.
TEST_F(TrainingProcesses, TrainAsOneWithEveryKindOfPass) {
  Recipe layers = shared_recipe();
  layers.backbone.kernels = "reference";
  layers.phases[0].steps = 2;
  expect_same_at_any_size(layers, 1e-3, {3});
  Recipe parts = shared_recipe();
  parts.phases[0].objective.batch.sub_batch = 2;
  parts.phases[0].batch_norm = "frozen";
  parts.phases[0].steps = 2;
  expect_same_at_any_size(parts, 1e-3, {3});
}

// The linear map to the teacher's embeddings is learned by all of them, and its gradient summed.
TEST_F(TrainingProcesses, TrainAsOneWithATeacherAndAnAverage) {
  const TemporaryFolder folder;
  Recipe shared = shared_recipe();
  shared.backbone.embedding_size = 24;
  save_model(folder / "teacher.safetensors", make_training_setup(shared, true).model);
  shared.backbone.embedding_size = 16;
  PhaseOptions& phase = shared.phases[0];
  phase.steps = 3;
  phase.ema.decay = 0.5;
  phase.distill = {.teacher = folder / "teacher.safetensors", .weight = 10};
  expect_same_at_any_size(shared, 1e-3, {2, 3});
}

// Three images are too few for two processes: the second has none, and the classifier learns alone.
TEST_F(TrainingProcesses, TrainAClassifierAloneWhileOneHasNoImages) {
  Recipe shared = shared_recipe("offline", "batch_all");
  PhaseOptions& phase = shared.phases[0];
  phase.objective.loss = "joint";
  phase.objective.joint.classifier_only_epochs = 1;
  phase.objective.mining.max_triplets = 1;
  const TemporaryFolder folder;
  expect_trained(2, shared, folder);
}

// bfloat16 has 8 significant bits: the sums differ from those of one process by up to 1 in 256.
TEST_F(TrainingProcesses, TrainNearlyAsOneWithGradientsInBfloat16) {
  Recipe shared = shared_recipe();
  shared.phases[0].steps = 3;
  const TemporaryFolder folder;
  const NamedTensors start = to_tensors(start_without_kinks(shared, folder));
  expect_trained(1, shared, folder);
  shared.gradient_compression = "bf16";
  expect_trained(3, shared, folder);
  const std::string file = shared.phases[0].name + ".safetensors";
  const double apart =
      difference(read_safetensors(run_of(3, folder) / file), read_safetensors(run_of(1, folder) / file), start);
  EXPECT_LT(apart, 2e-2);
  EXPECT_GT(apart, 1e-4) << "nothing was rounded";
}

TEST_F(TrainingProcesses, TrainAsOneFromEveryPool) {
  for (const char* pool : {"semi_online", "offline"}) {
    SCOPED_TRACE(pool);
    Recipe shared = shared_recipe(pool, "batch_all");
    shared.phases[0].steps = 6;
    expect_same_at_any_size(shared, 1e-3, {2, 4});
  }
}

// A checkpoint has the whole classifier, whatever the number of processes that hold its rows, and any number continues
// with it.
TEST_F(TrainingProcesses, DivideTheClassifierAndContinueInAnyNumber) {
  Recipe shared = of_loss("cosface");
  shared.phases[0].objective.classifier.sample_rate = 0.5;
  shared.phases[0].optimizer.max_gradient_norm = 1;
  const TemporaryFolder folder;
  const NamedTensors start = to_tensors(start_without_kinks(shared, folder));
  Recipe begun = shared;
  begun.phases[0].steps = shared.phases[0].steps / 2;
  const auto state_of = [&](int64_t size, int64_t step) {
    const auto checkpoint = fmt::format("checkpoints/step-{:09}/training.safetensors", step);
    return read_safetensors(run_of(size, folder) / checkpoint);
  };
  expect_trained(1, shared, folder);
  const NamedTensors expected = state_of(1, shared.phases[0].steps);
  ASSERT_TRUE(std::ranges::any_of(expected.tensors, [](const auto& t) { return t.first == "classifier.weight"; }));
  expect_trained(3, begun, folder);
  std::filesystem::rename(run_of(3, folder), run_of(2, folder));
  expect_trained(2, shared, folder, {.resume = true, .allow_inexact = true});
  const NamedTensors state = state_of(2, shared.phases[0].steps);
  ASSERT_EQ(state.tensors.size(), expected.tensors.size());
  for (const auto& [name, tensor] : expected.tensors) {
    ASSERT_EQ(state.at(name).sizes(), tensor.sizes()) << name;
    if (!name.ends_with("classifier.weight")) continue;  // and its momentum
    const double largest = tensor.abs().max().item<double>();
    EXPECT_LT((state.at(name) - tensor).abs().max().item<double>(), 1e-2 * largest) << name;
  }
}

}  // namespace
}  // namespace massface
