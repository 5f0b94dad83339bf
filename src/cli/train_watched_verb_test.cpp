// What a training measures as it goes on, and what that changes.
#include <gtest/gtest.h>

#include "cli/testing_runs.h"

namespace massface {
namespace {

class TrainWatchedVerb : public SmallRuns {
 protected:
  static void SetUpTestSuite() {
    SmallRuns::SetUpTestSuite();
    write_recipe("watched", "[[verification]]\nname = \"others\"\npairs = \"" + path("faces") +
                                "/pairs.txt\"\nimages = \"" + path("faces") +
                                "/test\"\nresize = true\nevery_steps = 5\n"
                                "[[phase]]\nname = \"softmax\"\nloss = \"softmax\"\nsteps = 8\nbatch.size = 6\n"
                                "optimizer.learning_rate = 0.05\n");
  }
  static ProgramResult train(const std::string& run, const std::string& options = "") {
    return SmallRuns::train("watched", run, options);
  }
};

TEST_F(TrainWatchedVerb, MeasuresVerificationSetsEverySoManyStepsAndAtTheEnd) {
  const auto trained = train("measured");
  ASSERT_EQ(trained.exit_code, 0) << trained.standard_error;
  std::vector<int64_t> steps;
  double last = -1;
  std::istringstream lines(read_all(path("measured") + "/metrics.jsonl"));
  for (std::string line; std::getline(lines, line);) {
    const nlohmann::json record = nlohmann::json::parse(line);
    if (record["kind"] != "verification" || !record.contains("others_accuracy")) continue;
    steps.push_back(record["global_step"]);
    last = record["others_accuracy"];
  }
  EXPECT_EQ(steps, (std::vector<int64_t>{5, 8}));
  EXPECT_FALSE(std::filesystem::exists(path("measured") + "/checkpoints/best.json")) << "it chooses nothing";
  const auto evaluated = run_massface("evaluate " + path("measured") + " --pairs " + path("faces/pairs.txt") +
                                      " --images " + path("faces/test") + " --resize --json");
  ASSERT_EQ(evaluated.exit_code, 0) << evaluated.standard_error;
  EXPECT_DOUBLE_EQ(nlohmann::json::parse(evaluated.standard_output)["accuracy"].get<double>(), last);
}

TEST_F(TrainWatchedVerb, RefusesAVerificationSetOfPeopleWhoAreTrainedOn) {
  expect_refused(train("overlap", "dataset.path=" + path("faces/test")), "are also trained on");
  expect_refused(train("missing", "verification.others.pairs=nope.txt"), "verification others: ");
  EXPECT_FALSE(std::filesystem::exists(path("missing")));
}

TEST_F(TrainWatchedVerb, RefusesAVerificationSetOfAnotherSizeBeforeItTrains) {
  expect_refused(train("size", "verification.others.resize=false"),
                 "the options are verification.others.resize and verification.others.center_crop");
  EXPECT_FALSE(std::filesystem::exists(path("size")));
}

TEST_F(TrainWatchedVerb, LetsAVerificationSetChooseOnlyWhenAsked) {
  const auto trained = train("chosen", "validation.set=others softmax.result=best checkpoint.every_steps=3");
  ASSERT_EQ(trained.exit_code, 0) << trained.standard_error;
  EXPECT_NE(trained.standard_error.find("checkpoints are chosen by others"), std::string::npos);
  EXPECT_TRUE(std::filesystem::exists(path("chosen") + "/checkpoints/best.json"));
  EXPECT_TRUE(std::filesystem::exists(path("chosen") + "/checkpoints/softmax-best.safetensors"));
  expect_refused(train("unknown", "validation.set=other"), "no [[verification]] table of that name; there are others");
  expect_refused(train("both", "validation.set=others validation.identities=2"), "not both");
}

TEST_F(TrainWatchedVerb, FindsARateAndLeavesNoRun) {
  const std::string command =
      "train " + path("watched.toml") + " softmax.steps=60 --find-rate softmax --chart " + path("rate.png");
  const auto found = run_massface(command + " --json");
  ASSERT_EQ(found.exit_code, 0) << found.standard_error;
  const auto test = nlohmann::json::parse(found.standard_output);
  EXPECT_EQ(test["phase"], "softmax");
  EXPECT_GT(test["points"].size(), 10u);
  EXPECT_GT(std::filesystem::file_size(path("rate.png")), 1000u);
  EXPECT_FALSE(std::filesystem::exists(path("runs")));
  EXPECT_NE(run_massface(command).standard_output.find("ended after"), std::string::npos);
  expect_refused(run_massface("train " + path("watched.toml") + " --find-rate other"), "has no phase");
  expect_refused(run_massface(command + " --dry-run"), "two things");
  expect_refused(run_massface("train " + path("watched.toml") + " --find-rate softmax --chart " + path("no/where.png")),
                 "cannot write into the folder");
}

TEST_F(TrainWatchedVerb, RefusesWhatNeedsHeldOutPeopleWithoutThem) {
  expect_refused(train("best", "softmax.result=best"), "validation.identities is 0");
  expect_refused(train("stopping", "softmax.early_stopping.patience=2"), "validation.identities is 0");
  expect_refused(train("ema", "softmax.ema.decay=1"), "0.999999");
  expect_refused(train("nesterov", "softmax.optimizer.nesterov=true softmax.optimizer.momentum=0"),
                 "phase softmax: optimizer.nesterov");
}

}  // namespace
}  // namespace massface
