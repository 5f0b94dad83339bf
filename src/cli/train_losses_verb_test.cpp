#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>

#include "cli/testing_runs.h"
#include "tensor_file/safetensors.h"

namespace massface {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

// One phase, whose loss the tests replace.
constexpr const char* kLossesRecipe = R"(
[[phase]]
name = "first"
loss = "cosface"
steps = 6
batch.size = 12
optimizer.learning_rate = 0.02
classifier.scale = 16
)";

// Follows the classification phase. One pass over the 12 identities takes 3 steps.
constexpr const char* kSecondPhase = R"(
[[phase]]
name = "second"
loss = "triplet"
steps = 6
batch.identities = 4
batch.images_per_identity = 3
optimizer.learning_rate = 0.01
)";

class TrainLosses : public SmallRuns {
 protected:
  static void SetUpTestSuite() {
    SmallRuns::SetUpTestSuite();
    write_recipe("one", kLossesRecipe);
    write_recipe("two", std::string(kLossesRecipe) + kSecondPhase);
  }

  static ProgramResult train(const std::string& run, const std::string& options, const std::string& failpoint = "") {
    return SmallRuns::train("one", run, options, failpoint);
  }
  static ProgramResult train_two(const std::string& run, const std::string& options,
                                 const std::string& failpoint = "") {
    return SmallRuns::train("two", run, options, failpoint);
  }
  // The kinds of network tensors that differ between the ends of the two phases, or between the end of the first phase
  // and another file of the run; "norm.weight" stands for the norm.weight of every unit.
  static std::set<std::string> changed_tensors(const std::string& name,
                                               const std::string& file = "second.safetensors") {
    const auto before = read_safetensors(path(name) + "/first.safetensors");
    const auto after = read_safetensors(path(name) + "/" + file);
    std::set<std::string> changed;
    for (const auto& [tensor, value] : after.tensors) {
      const std::string unit = tensor.substr(0, tensor.rfind('.'));
      const std::string kind = tensor.substr(unit.rfind('.') + 1);
      if (!value.equal(before.at(tensor))) changed.insert(kind);
    }
    return changed;
  }
  static void expect_train_refused(const std::string& options, const std::string& message) {
    expect_refused(train("refused", options), message);
    EXPECT_FALSE(fs::exists(path("refused")));
  }
};

TEST_F(TrainLosses, TrainsByEveryClassificationLoss) {
  for (const std::string loss : {"cosface", "arcface", "sphereface"}) {
    const auto result = train(loss, "first.loss=" + loss + " first.steps=30");
    ASSERT_EQ(result.exit_code, 0) << result.standard_error;
    const auto steps = steps_of(loss);
    EXPECT_LT(steps.back()["loss"].get<double>(), 0.8 * steps.front()["loss"].get<double>()) << loss;
    EXPECT_TRUE(steps.back().contains("accuracy")) << loss;
  }
}

TEST_F(TrainLosses, RefusesMarginsThatCannotWorkBeforeAnythingIsWritten) {
  expect_train_refused("first.classifier.scale=0", "first.classifier.scale must be 1 to 1000");
  expect_train_refused("first.classifier.margin=1.2", "phase first: classifier.margin is 1.2: cosface");
  expect_train_refused("first.loss=arcface first.classifier.margin=1.6", "between 0 and pi / 2");
  expect_train_refused("first.loss=sphereface first.classifier.margin=2.5", "1, 2, 3 or 4");
  expect_train_refused("first.loss=cosfase", "did you mean \"cosface\"?");
}

TEST_F(TrainLosses, WarmUpGoesOnWhereAKilledRunLeftIt) {
  const std::string options =
      "first.classifier.margin_warmup_steps=5 first.classifier.scale_warmup_steps=5 first.classifier.initial_scale=2";
  ASSERT_EQ(train("warm", options).exit_code, 0);
  ASSERT_EQ(train("warm-killed", options, "train.step:kill:5").exit_code, 137);
  ASSERT_EQ(resume("warm-killed").exit_code, 0);
  expect_same_bytes("warm-killed", "warm", "first.safetensors");
}

TEST_F(TrainLosses, BatchNormChangesOnlyWhatItsModeLets) {
  using Kinds = std::set<std::string>;
  const Kinds others{"conv.weight", "prelu.weight"};
  const auto of_norm = [&](const std::string& mode) {
    const auto result = train_two(mode, "second.optimizer.decay_norm_and_bias=true second.batch_norm=" + mode);
    EXPECT_EQ(result.exit_code, 0) << result.standard_error;
    Kinds changed = changed_tensors(mode);
    for (const std::string& kind : others) EXPECT_EQ(changed.erase(kind), 1u) << kind;
    return changed;
  };
  EXPECT_EQ(of_norm("frozen"), Kinds{});
  EXPECT_EQ(of_norm("running"), (Kinds{"norm.weight", "norm.bias"}));
  EXPECT_EQ(of_norm("batch"), (Kinds{"norm.weight", "norm.bias", "norm.running_mean", "norm.running_var"}));
}

TEST_F(TrainLosses, AJointPhaseRecordsBothLossesAndTheirSum) {
  const auto result = train_two("joint", "second.loss=joint second.joint.weight=0.25 second.joint.classifier=arcface");
  ASSERT_EQ(result.exit_code, 0) << result.standard_error;
  const Json last = steps_of("joint").back();
  EXPECT_NEAR(last["loss"], last["triplet_loss"].get<double>() + 0.25 * last["classification_loss"].get<double>(),
              1e-4);
  EXPECT_GT(last["classification_loss"], 0.0);
  for (const char* key : {"accuracy", "triplets_selected", "active_fraction"}) EXPECT_TRUE(last.contains(key)) << key;
}

TEST_F(TrainLosses, InTheFirstEpochsOfAJointPhaseOnlyItsClassifierLearns) {
  // An epoch of three steps, and a fourth.
  const std::string joint =
      "second.loss=joint second.joint.classifier_only_epochs=1 second.batch_norm=batch "
      "second.optimizer.learning_rate=0.1 ";
  ASSERT_EQ(train_two("alone", joint + "second.steps=4").exit_code, 0);
  EXPECT_EQ(changed_tensors("alone", "checkpoints/step-000000009/model.safetensors"), std::set<std::string>{});
  const auto classifier = [](const std::string& step) {
    return read_safetensors(path("alone") + "/checkpoints/step-00000000" + step + "/training.safetensors")
        .at("classifier.weight");
  };
  EXPECT_EQ(classifier("9").size(0), 12);
  EXPECT_GT(classifier("9").abs().max().item<float>(), 0.25f)
      << "beyond the range of the initial weights, 1 / sqrt(16)";
  EXPECT_EQ(changed_tensors("alone").size(), 6u);
  expect_refused(train_two("never", joint + "second.steps=3"), "phase second: joint.classifier_only_epochs is 1");
}

TEST_F(TrainLosses, AJointPhaseContinuesBitExactlyWhereverItWasKilled) {
  const std::string joint =
      "second.loss=joint second.joint.classifier_only_epochs=1 second.steps=8 "
      "second.optimizer.name=adam second.optimizer.learning_rate=0.001 ";
  ASSERT_EQ(train_two("whole", joint).exit_code, 0);
  for (const char* step : {"7", "10", "14"}) {  // while only the classifier learns, after its checkpoint, at the end
    const std::string name = std::string("joint-killed-") + step;
    ASSERT_EQ(train_two(name, joint, std::string("train.step:kill:") + step).exit_code, 137);
    ASSERT_EQ(resume(name).exit_code, 0);
    expect_same_bytes(name, "whole", "second.safetensors");
  }
}

Tensor saved_classifier(const std::string& run, const std::string& step) {
  return read_safetensors(run + "/checkpoints/step-00000000" + step + "/training.safetensors").at("classifier.weight");
}

TEST_F(TrainLosses, AJointPhaseContinuesWithTheClassifierOfThePhaseBefore) {
  // With a learning rate of 0, the second phase ends with the classifier that it began with.
  const std::string joint = "first.loss=softmax second.loss=joint second.optimizer.learning_rate=0 second.steps=2 ";
  ASSERT_EQ(train_two("handed", joint + "second.classifier.from_previous_phase=true").exit_code, 0);
  EXPECT_TRUE(saved_classifier(path("handed"), "8").equal(saved_classifier(path("handed"), "6")));
  ASSERT_EQ(train_two("fresh", joint).exit_code, 0);
  EXPECT_FALSE(saved_classifier(path("fresh"), "8").equal(saved_classifier(path("fresh"), "6")));
}

TEST_F(TrainLosses, AHandedOnClassifierSurvivesAKillBetweenAndAfterThePhases) {
  const std::string joint =
      "first.loss=softmax second.loss=joint second.steps=5 second.classifier.from_previous_phase=true";
  ASSERT_EQ(train_two("handed-whole", joint).exit_code, 0);
  for (const char* failpoint : {"train.step:kill:7", "checkpoint.after_rename:kill:2", "train.step:kill:10"}) {
    const std::string name = std::string("handed-") + failpoint;
    ASSERT_EQ(train_two(name, joint, failpoint).exit_code, 137);
    ASSERT_EQ(resume(name).exit_code, 0);
    EXPECT_TRUE(read_all(path("handed-whole") + "/second.safetensors") == read_all(path(name) + "/second.safetensors"))
        << failpoint;
  }
}

TEST_F(TrainLosses, ADroppedClassifierIsGoneAtThePhasesEndAndNotBefore) {
  ASSERT_EQ(train("dropped", "first.classifier.keep=false").exit_code, 0);
  EXPECT_EQ(saved_classifier(path("dropped"), "3").size(0), 12);
  EXPECT_TRUE(read_safetensors(path("dropped") + "/checkpoints/step-000000006/training.safetensors").tensors.empty());
  EXPECT_EQ(resume("dropped").exit_code, 0);
  expect_refused(resume("dropped", "first.steps=9"), "first.classifier.keep is false");
  EXPECT_EQ(resume("dropped").exit_code, 0) << "a refused continuation must leave the run as it was";

  ASSERT_EQ(train_two("dropped-two", "first.classifier.keep=false", "train.step:kill:7").exit_code, 137);
  ASSERT_EQ(resume("dropped-two").exit_code, 0);
  ASSERT_EQ(train_two("kept-two", "").exit_code, 0);
  expect_same_bytes("kept-two", "dropped-two", "second.safetensors");
}

TEST_F(TrainLosses, RefusesAClassifierThatThePhaseBeforeDoesNotHave) {
  const auto refused = [](const std::string& options, const std::string& message) {
    expect_refused(train_two("refused", "second.classifier.from_previous_phase=true " + options), message);
  };
  refused("", "phase second: classifier.from_previous_phase is true, but the loss triplet has no classifier");
  refused("second.loss=joint", "asks for a softmax classifier, but the previous phase, first, has a cosface");
  refused("second.loss=cosface first.loss=triplet", "first, has none");
  refused("second.loss=cosface first.classifier.keep=false", "first.classifier.keep is false");
  expect_train_refused("first.classifier.from_previous_phase=true", "this is the first phase");
}

TEST_F(TrainLosses, ABatchInPartsTrainsAsTheWholeBatch) {
  for (const std::string loss : {"triplet", "joint", "cosface"}) {
    const std::string options = "first.steps=20 second.batch.size=12 second.batch_norm=running second.loss=" + loss;
    const auto at_once = train_two("whole-" + loss, options);
    ASSERT_EQ(at_once.exit_code, 0) << at_once.standard_error;
    const auto result = train_two("parts-" + loss, options + " second.batch.sub_batch=5");
    ASSERT_EQ(result.exit_code, 0) << result.standard_error;
    const auto whole = steps_of("whole-" + loss), parts = steps_of("parts-" + loss);
    for (size_t i = 20; i < whole.size(); ++i) {
      EXPECT_NEAR(parts[i]["loss"], whole[i]["loss"], 1e-3 * whole[i]["loss"].get<double>()) << loss << " " << i;
      EXPECT_NEAR(parts[i]["gradient_norm"], whole[i]["gradient_norm"], 2e-2 * whole[i]["gradient_norm"].get<double>());
    }
  }
}

TEST_F(TrainLosses, ABatchInPartsTakesTheMemoryOfAPart) {
  const auto peak = [](const std::string& options) {
    const auto forecast = run_massface("train " + path("one.toml") + " --dry-run --json first.batch.size=60 " +
                                       "first.batch_norm=running input.height=112 input.width=112 " + options);
    EXPECT_EQ(forecast.exit_code, 0) << forecast.standard_error;
    return Json::parse(forecast.standard_output)["peak_memory_bytes"].get<double>();
  };
  const double whole = peak(""), parts = peak("first.batch.sub_batch=5");
  EXPECT_LT(parts, whole - 500e6);
}

TEST_F(TrainLosses, RefusesABatchInPartsWhoseStatisticsWouldDiffer) {
  expect_train_refused("first.batch.sub_batch=4", "phase first: batch.sub_batch is 4, but batch_norm is \"batch\"");
  expect_train_refused("first.batch_norm=froze", "did you mean \"frozen\"?");
}

}  // namespace
}  // namespace massface
