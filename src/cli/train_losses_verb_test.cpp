#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "cli/testing_program.h"

namespace massface {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

// As train_verb_test.cpp's, for what a phase can minimise.
constexpr const char* kRecipe = R"(
seed = 7
threads = 2
device = "cpu"
[input]
height = 32
width = 32
[backbone]
embedding_size = 16
[pipeline]
resize = true
[checkpoint]
every_steps = 3
[telemetry]
log_every_steps = 1
progress = false
[[phase]]
name = "first"
loss = "cosface"
steps = 6
batch.size = 12
optimizer.learning_rate = 0.02
classifier.scale = 16
)";

class TrainLosses : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new TemporaryFolder;
    const auto made = run_massface("synth " + run("faces") +
                                   " --identities 12 --images-per-identity 5 --test-identities 20 "
                                   "--test-images-per-identity 2 --pairs-per-fold 2 --seed 5");
    ASSERT_EQ(made.exit_code, 0) << made.standard_error;
    std::ofstream(recipe()) << "dataset.path = \"" << run("faces") << "/train\"\n" << kRecipe;
  }
  static void TearDownTestSuite() { delete folder_; }

  static std::string recipe() { return (*folder_ / "small.toml").native(); }
  static std::string run(const std::string& name) { return (*folder_ / name).native(); }
  static ProgramResult train(const std::string& name, const std::string& options, const std::string& failpoint = "") {
    return run_massface("train " + recipe() + " --run " + run(name) + " " + options,
                        failpoint.empty() ? "" : "MASSFACE_FAILPOINT=" + failpoint);
  }
  static void expect_refused(const std::string& options, const std::string& message) {
    const auto result = train("refused", options);
    EXPECT_EQ(result.exit_code, 2) << result.standard_error;
    EXPECT_NE(result.standard_error.find(message), std::string::npos) << result.standard_error;
    EXPECT_FALSE(fs::exists(run("refused")));
  }
  static std::vector<Json> steps_of(const std::string& name) {
    std::vector<Json> steps;
    std::istringstream lines(read_all(fs::path(run(name)) / "metrics.jsonl"));
    for (std::string line; std::getline(lines, line);) {
      if (const Json record = Json::parse(line); record.contains("loss")) steps.push_back(record);
    }
    return steps;
  }

  static TemporaryFolder* folder_;
};
TemporaryFolder* TrainLosses::folder_ = nullptr;

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
  expect_refused("first.classifier.scale=0", "first.classifier.scale must be 1 to 1000");
  expect_refused("first.classifier.margin=1.2", "phase first: classifier.margin is 1.2: cosface");
  expect_refused("first.loss=arcface first.classifier.margin=1.6", "between 0 and pi / 2");
  expect_refused("first.loss=sphereface first.classifier.margin=2.5", "1, 2, 3 or 4");
  expect_refused("first.loss=cosfase", "did you mean \"cosface\"?");
}

TEST_F(TrainLosses, WarmUpGoesOnWhereAKilledRunLeftIt) {
  const std::string options =
      "first.classifier.margin_warmup_steps=5 first.classifier.scale_warmup_steps=5 first.classifier.initial_scale=2";
  ASSERT_EQ(train("warm", options).exit_code, 0);
  ASSERT_EQ(train("warm-killed", options, "train.step:kill:5").exit_code, 137);
  ASSERT_EQ(run_massface("train --resume " + run("warm-killed")).exit_code, 0);
  EXPECT_TRUE(read_all(run("warm") + "/first.safetensors") == read_all(run("warm-killed") + "/first.safetensors"));
}

}  // namespace
}  // namespace massface
