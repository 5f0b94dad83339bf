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
  // The accuracies of the set that the run recorded, by step. A step that is recorded twice is a failure.
  static std::map<int64_t, double> accuracies_of(const std::string& run) {
    std::map<int64_t, double> accuracies;
    std::istringstream lines(read_all(path(run) + "/metrics.jsonl"));
    for (std::string line; std::getline(lines, line);) {
      const nlohmann::json record = nlohmann::json::parse(line);
      if (record["kind"] != "verification" || !record.contains("others_accuracy")) continue;
      EXPECT_TRUE(accuracies.emplace(record["global_step"], record["others_accuracy"]).second) << line;
    }
    return accuracies;
  }
  static std::vector<int64_t> steps_of(const std::map<int64_t, double>& accuracies) {
    std::vector<int64_t> steps;
    for (const auto& [step, accuracy] : accuracies) steps.push_back(step);
    return steps;
  }
};

// A process that is killed just after its checkpoint of step 5 has not measured the set there; one that has finished
// has.
TEST_F(TrainWatchedVerb, MeasuresEachStepOnceHoweverOftenItIsResumed) {
  ASSERT_EQ(train("again", "checkpoint.every_steps=5 softmax.steps=7").exit_code, 0);
  const auto before = accuracies_of("again");
  EXPECT_EQ(steps_of(before), (std::vector<int64_t>{5, 7}));
  ASSERT_EQ(run_massface("train --resume " + path("again")).exit_code, 0);
  EXPECT_EQ(accuracies_of("again"), before);

  std::string kept;
  std::istringstream lines(read_all(path("again") + "/metrics.jsonl"));
  for (std::string line; std::getline(lines, line);) {
    if (line.find("others_") == std::string::npos) kept += line + '\n';
  }
  std::ofstream(path("again") + "/metrics.jsonl") << kept;
  std::filesystem::remove_all(path("again") + "/checkpoints/step-000000007");
  const auto resumed = run_massface("train --resume " + path("again"));
  ASSERT_EQ(resumed.exit_code, 0) << resumed.standard_error;
  EXPECT_EQ(accuracies_of("again"), before);
}

TEST_F(TrainWatchedVerb, MeasuresVerificationSetsEverySoManyStepsAndAtTheEnd) {
  const auto trained = train("measured");
  ASSERT_EQ(trained.exit_code, 0) << trained.standard_error;
  const std::map<int64_t, double> measured = accuracies_of("measured");
  EXPECT_EQ(steps_of(measured), (std::vector<int64_t>{5, 8}));
  const double last = measured.at(8);
  EXPECT_FALSE(std::filesystem::exists(path("measured") + "/checkpoints/best.json")) << "it chooses nothing";
  const auto evaluated = run_massface("evaluate " + path("measured") + " --pairs " + path("faces/pairs.txt") +
                                      " --images " + path("faces/test") + " --resize --json");
  ASSERT_EQ(evaluated.exit_code, 0) << evaluated.standard_error;
  EXPECT_DOUBLE_EQ(nlohmann::json::parse(evaluated.standard_output)["accuracy"].get<double>(), last);
}

TEST_F(TrainWatchedVerb, RefusesAVerificationSetOfPeopleWhoAreTrainedOn) {
  expect_refused(train("overlap", "dataset.path=" + path("faces/test")), "are also trained on");
  EXPECT_EQ(train("namesakes", "verification.others.other_people=true dataset.path=" + path("faces/test")).exit_code,
            0);
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
  std::vector<std::string> images;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(path("faces/test"))) {
    if (entry.is_regular_file()) images.push_back(std::filesystem::relative(entry.path(), path("faces/test")).native());
  }
  std::ofstream(path("matched.csv")) << images.at(0) << ',' << images.at(1) << ",1\n"
                                     << images.at(2) << ',' << images.at(3) << ",1\n";
  expect_refused(train("one_kind", "validation.set=others verification.others.pairs=" + path("matched.csv")),
                 "are all matched: there is no accuracy");
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
