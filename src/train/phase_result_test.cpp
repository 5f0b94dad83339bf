// What a phase results in: the average of its weights, the best of them, and what it learns from a teacher.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "checkpoint/run_weights.h"
#include "core/error.h"
#include "core/files.h"
#include "core/testing_text.h"
#include "train/distillation.h"
#include "train/phase_best.h"
#include "train/testing_training.h"
#include "train/weight_average.h"

namespace massface {
namespace {

NamedTensors one_number(double value) { return {.tensors = {{"x", at::full({1}, value)}}}; }

TEST(PhaseBest, KeepsTheBestAndRemembersTheStart) {
  PhaseBest best;
  EXPECT_TRUE(best.is_empty());
  EXPECT_TRUE(best.offer({0, 0.80, 0.02}, one_number(0)));
  EXPECT_FALSE(best.offer({10, 0.80, 0.02}, one_number(1)));
  EXPECT_TRUE(best.offer({20, 0.81, 0.02}, one_number(2)));
  EXPECT_FALSE(best.offer({30, 0.79, 0.02}, one_number(3)));
  const PhaseBest copy = PhaseBest::from_tensors(best.to_tensors(), "a copy");
  for (const PhaseBest* same : {&std::as_const(best), &copy}) {
    EXPECT_EQ(same->start().accuracy, 0.80);
    EXPECT_EQ(same->best().phase_step, 20);
    EXPECT_EQ(same->best().standard_error, 0.02);
    EXPECT_EQ(same->model().at("x").item<float>(), 2);
    EXPECT_TRUE(same->model().metadata.empty());
  }
  EXPECT_THROW(PhaseBest::from_tensors(one_number(0), "a file"), Error);
}

// 0.81 is not above 0.80 by a standard error, but 0.83 is.
TEST(PhaseBest, HasSettledWhenNothingWasBetterByAStandardError) {
  PhaseBest best;
  EXPECT_FALSE(best.has_settled(1, 100));
  best.offer({0, 0.80, 0.02}, one_number(0));
  best.offer({10, 0.81, 0.02}, one_number(1));
  EXPECT_FALSE(best.has_settled(2, 10));
  best.offer({20, 0.80, 0.02}, one_number(1));
  EXPECT_TRUE(best.has_settled(2, 20));
  EXPECT_FALSE(best.has_settled(2, 19)) << "what a killed process measured later does not count";
  EXPECT_FALSE(best.has_settled(0, 20)) << "off";
  best.offer({30, 0.83, 0.02}, one_number(2));
  EXPECT_FALSE(best.has_settled(2, 30));
  best.offer({32, 0.83, 0.02}, one_number(2));
  best.offer({34, 0.83, 0.02}, one_number(2));
  EXPECT_TRUE(PhaseBest::from_tensors(best.to_tensors(), "").has_settled(2, 34));
}

// Weights of a step that the run is no longer at are not the phase's, but its start still is.
TEST(PhaseBest, ForgetsWhatComesAfterTheStepThatARunWentBackTo) {
  PhaseBest best;
  best.offer({0, 0.80, 0.02}, one_number(0));
  best.offer({10, 0.82, 0.02}, one_number(1));
  best.offer({20, 0.85, 0.02}, one_number(2));
  PhaseBest kept = best;
  kept.forget_after(20);
  EXPECT_EQ(kept.best().phase_step, 20);
  best.forget_after(15);
  EXPECT_TRUE(best.is_empty());
  EXPECT_EQ(best.start().accuracy, 0.80);
  EXPECT_TRUE(best.offer({20, 0.81, 0.02}, one_number(3)));
  EXPECT_EQ(best.best().accuracy, 0.81);
  EXPECT_EQ(best.start().accuracy, 0.80);
}

class PhaseResult : public SmallTraining {
 protected:
  static Recipe with_held_out(int64_t steps, double rate) {
    Recipe held = recipe("online");
    held.validation = {.identities = 4, .pairs = 40};
    held.checkpoint.every_steps = 2;
    held.phases[0].objective.batch.by_identity.identities = 3;
    held.phases[0].steps = steps;
    held.phases[0].optimizer.learning_rate = rate;
    return held;
  }
  static LockedRun trained(const TemporaryFolder& folder, const std::string& name, const Recipe& recipe) {
    const LockedRun run = create_run_directory(folder / name, "", recipe);
    train(make_training_setup(recipe, true), run, {});
    return run;
  }
  static Tensor embeddings_of(const Model& model) {
    return Embedder(model).embed(at::arange(4 * 32 * 32 * 3).remainder(251).to(at::kByte).view({4, 32, 32, 3}),
                                 Flip::kNone);
  }
};

// At such a rate, the network becomes noise in the first step.
TEST_F(PhaseResult, OfAPhaseThatHarmsIsWhereItStarted) {
  const TemporaryFolder folder;
  // A network that has learned something.
  const LockedRun good = trained(folder, "good", with_held_out(30, 0.005));
  Recipe harmful = with_held_out(6, 50);
  harmful.from = good.path.native();
  testing::internal::CaptureStderr();
  const LockedRun guarded = trained(folder, "guarded", harmful);
  const std::string log = testing::internal::GetCapturedStderr();
  const Model start = load_model(find_run_weights(good.path)), result = load_model(find_run_weights(guarded.path));
  EXPECT_EQ(find_run_weights(guarded.path), guarded.weights_of("triplet"));
  EXPECT_TRUE(embeddings_of(result).equal(embeddings_of(start)));
  EXPECT_NE(log.find("ends with the weights that it started from"), std::string::npos);
  EXPECT_NE(log.find("makes the network worse on held-out people"), std::string::npos);

  harmful.phases[0].result = "last";
  const LockedRun unguarded = trained(folder, "unguarded", harmful);
  EXPECT_FALSE(embeddings_of(load_model(find_run_weights(unguarded.path))).equal(embeddings_of(start)));
}

TEST_F(PhaseResult, IsTheSameForARunThatWasStopped) {
  Recipe whole = with_held_out(8, 0.05);
  whole.phases[0].ema.decay = 0.8;
  Recipe begun = whole;
  begun.phases[0].steps = 4;
  const TemporaryFolder folder;
  const LockedRun undisturbed = trained(folder, "undisturbed", whole), resumed = trained(folder, "resumed", begun);
  train(make_training_setup(whole, false), resumed, {.resume = true});
  const auto bytes = [](const RunDirectory& run) { return read_text_file(run.weights_of("triplet")); };
  EXPECT_TRUE(bytes(undisturbed) == bytes(resumed));
  const auto best = [](const RunDirectory& run) { return read_text_file(run.best_of("triplet")); };
  EXPECT_TRUE(best(undisturbed) == best(resumed));
}

// Which holds images of its own phase, as many as that phase wants.
TEST_F(PhaseResult, HandsOnAClassifierWithoutAMemory) {
  Recipe joint = recipe("online");
  joint.phases[0].objective.loss = "joint";
  joint.phases[0].objective.mining.memory = 16;
  joint.phases[0].steps = 3;
  joint.phases.push_back(joint.phases[0]);
  joint.phases[1].name = "second";
  joint.phases[1].objective.mining.memory = 24;
  joint.phases[1].handover.from_previous_phase = true;
  const TemporaryFolder folder;
  const LockedRun run = trained(folder, "run", joint);
  EXPECT_TRUE(std::filesystem::exists(run.weights_of("second")));
}

// An average that an inexact resume asks for begins at the checkpoint.
TEST_F(PhaseResult, IsAveragedFromTheStepOnAtWhichThatWasAskedFor) {
  Recipe whole = with_held_out(8, 0.05);
  Recipe begun = whole;
  begun.phases[0].steps = 4;
  const TemporaryFolder folder;
  const LockedRun run = trained(folder, "run", begun);
  whole.phases[0].ema.decay = 0.8;
  train(make_training_setup(whole, false), run, {.resume = true, .allow_inexact = true});
  EXPECT_TRUE(std::filesystem::exists(run.path / "checkpoints/step-000000008"));
}

TEST_F(PhaseResult, ComesEarlyIfThePhaseHasSettled) {
  Recipe settled = with_held_out(20, 0);
  settled.phases[0].batch_norm = "frozen";
  settled.phases[0].early_stopping.patience = 3;
  settled.phases.push_back(settled.phases[0]);
  settled.phases[1].name = "second";
  settled.phases[1].early_stopping.patience = 0;
  settled.phases[1].steps = 1;
  const TemporaryFolder folder;
  testing::internal::CaptureStderr();
  const LockedRun run = trained(folder, "run", settled);
  EXPECT_NE(testing::internal::GetCapturedStderr().find("phase triplet ends after step 6 of 20"), std::string::npos);
  EXPECT_TRUE(std::filesystem::exists(run.path / "checkpoints/step-000000007"));
}

TEST(WeightAverage, FollowsTheWeightsWithAGrowingDecay) {
  const Model model = make_model({.name = "mobilefacenet", .embedding_size = 8}, {.height = 32, .width = 32}, 3);
  WeightAverage average(model, 0.5);
  const at::NoGradGuard no_grad;
  Tensor weight = model.network->parameters()[0], statistics = model.network->buffers()[0];
  const double first = weight.flatten()[0].item<double>();
  double expected = first, expected_statistics = statistics[0].item<double>();
  for (int64_t step = 0; step < 12; ++step) {
    weight.add_(1);
    statistics.add_(2);
    average.update(step);
    const double d = std::min(0.5, (1.0 + static_cast<double>(step)) / (10.0 + static_cast<double>(step)));
    expected = d * expected + (1 - d) * (first + static_cast<double>(step + 1));
    expected_statistics = d * expected_statistics + (1 - d) * statistics[0].item<double>();
  }
  EXPECT_NEAR(average.model().network->parameters()[0].flatten()[0].item<double>(), expected, 1e-4);
  EXPECT_NEAR(average.model().network->buffers()[0][0].item<double>(), expected_statistics, 1e-4);
}

class Teachers : public testing::Test {
 protected:
  Teachers() { save_model(path("teacher.safetensors"), teacher); }
  std::string path(const std::string& name) const { return (folder / name).native(); }

  TemporaryFolder folder;
  InputFormat input{.height = 32, .width = 32};
  Model teacher = make_model({.name = "mobilefacenet", .embedding_size = 8}, input, 3);
  Tensor images = at::arange(4 * 32 * 32 * 3).remainder(251).to(at::kByte).view({4, 32, 32, 3});
};

TEST_F(Teachers, AreAtTheSquaredDistanceOfUnitEmbeddings) {
  const Distillation distillation(open_teacher({.teacher = path("teacher.safetensors")}, teacher).model, 1, teacher,
                                  false, 1);
  EXPECT_TRUE(distillation.parameters().empty());
  const Tensor wanted = Embedder(teacher).embed(images, Flip::kNone);
  EXPECT_NEAR(distillation.distance(5 * wanted, images, 4).item<double>(), 0, 1e-5);
  EXPECT_NEAR(distillation.distance(-wanted, images, 4).item<double>(), 4, 1e-5);
  const Tensor others = at::randn({4, 8});
  const Tensor unit = others / others.norm(2, 1, /*keepdim=*/true);
  EXPECT_NEAR(distillation.distance(others, images, 4).item<double>(),
              (unit - wanted).square().sum(1).mean().item<double>(), 1e-5);
  // Two processes' shares add up to the whole.
  const double shares = distillation.distance(others.slice(0, 0, 1), images.slice(0, 0, 1), 4).item<double>() +
                        distillation.distance(others.slice(0, 1, 4), images.slice(0, 1, 4), 4).item<double>();
  EXPECT_NEAR(shares, distillation.distance(others, images, 4).item<double>(), 1e-5);
}

TEST_F(Teachers, OfAnotherSizeAreReachedByALinearMap) {
  const Model student = make_model({.name = "mobilefacenet", .embedding_size = 6}, input, 4);
  const Distillation distillation(open_teacher({.teacher = path("teacher.safetensors")}, student).model, 1, student,
                                  false, 1);
  const auto parameters = distillation.parameters();
  ASSERT_EQ(parameters.size(), 1u);
  EXPECT_EQ(parameters[0].second.sizes(), (std::vector<int64_t>{8, 6}));
  const Tensor embeddings = at::randn({4, 6}).requires_grad_();
  distillation.distance(embeddings, images, 4).backward();
  EXPECT_GT(embeddings.grad().abs().sum().item<double>(), 0);
  EXPECT_GT(parameters[0].second.grad().abs().sum().item<double>(), 0);
}

// Such as a table of thresholds, which massface evaluate writes into weights.
TEST_F(Teachers, AreTheSameWithMoreSaidOfThem) {
  const uint64_t hash = open_teacher({.teacher = path("teacher.safetensors")}, teacher).hash_of_weights;
  NamedTensors tensors = read_safetensors(path("teacher.safetensors"));
  tensors.metadata["remark"] = "good";
  write_safetensors(path("remarked.safetensors"), tensors);
  EXPECT_EQ(open_teacher({.teacher = path("remarked.safetensors")}, teacher).hash_of_weights, hash);
  save_model(path("other.safetensors"), make_model({.name = "mobilefacenet", .embedding_size = 8}, input, 4));
  EXPECT_NE(open_teacher({.teacher = path("other.safetensors")}, teacher).hash_of_weights, hash);
}

TEST_F(Teachers, OfAnotherInputAreRefused) {
  const Model student = make_model({.name = "mobilefacenet", .embedding_size = 8}, {.height = 32, .width = 48}, 4);
  const std::string message =
      message_of<Error>([&] { open_teacher({.teacher = path("teacher.safetensors")}, student); });
  EXPECT_NE(message.find("takes images of 32 x 32 (height x width), but the network that learns from it takes 32 x 48"),
            std::string::npos)
      << message;
}

}  // namespace
}  // namespace massface
