#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>

#include "cli/testing_runs.h"
#include "kernels/cuda_hooks.h"

namespace massface {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

// Two phases of 8 steps.
constexpr const char* kRecipeOfTrainVerb = R"(
pipeline.crop_padding = 2
validation = {identities = 3, pairs = 20}
checkpoint.keep = 2
[[phase]]
name = "softmax"
steps = 8
batch.size = 6
optimizer.learning_rate = 0.05
schedule.name = "cosine"
[[phase]]
name = "triplet"
loss = "triplet"
steps = 8
batch.identities = 3
batch.images_per_identity = 2
optimizer.name = "adam"
optimizer.learning_rate = 0.001
schedule.name = "constant"
)";

class TrainVerb : public SmallRuns {
 protected:
  static void SetUpTestSuite() {
    SmallRuns::SetUpTestSuite();
    write_recipe("small", kRecipeOfTrainVerb);
    const auto trained = train("--run " + path("undisturbed"));
    ASSERT_EQ(trained.exit_code, 0) << trained.standard_error;
  }

  static ProgramResult train(const std::string& arguments, const std::string& environment = "") {
    return run_massface("train " + path("small.toml") + " " + arguments, environment);
  }
  static std::string weights(const std::string& run, const std::string& phase) {
    return bytes(run, phase + ".safetensors");
  }
  static void expect_as_undisturbed(const std::string& run) {
    expect_same_bytes(run, "undisturbed", "softmax.safetensors");
    expect_same_bytes(run, "undisturbed", "triplet.safetensors");
  }
};

TEST_F(TrainVerb, LeavesARunDirectoryThatSaysWhatWasDone) {
  const fs::path folder = path("undisturbed");
  for (const char* name : {"options.toml", "log.txt", "metrics.jsonl", "result.json", "softmax.safetensors",
                           "triplet.safetensors", "checkpoints/best.json", "checkpoints/step-000000016/state.json"}) {
    EXPECT_TRUE(fs::exists(folder / name)) << name;
  }
  const Json result = Json::parse(read_all(folder / "result.json"));
  EXPECT_EQ(result["status"], "finished");
  EXPECT_EQ(result["global_step"], 16);
  EXPECT_EQ(result["phases"][1]["name"], "triplet");
  EXPECT_EQ(result["phases"][1]["steps"], 8);
  EXPECT_GE(result["validation_accuracy"], 0.0);
  double steps = 0;
  for (const Json& phase : result["phases"]) steps += phase["seconds"].get<double>();
  const double waited = result["data_wait_seconds"], started = result["start_seconds"],
               saved = result["checkpoint_seconds"], validated = result["validation_seconds"];
  EXPECT_GT(started, 0);
  EXPECT_GT(saved, 0);
  EXPECT_GT(result["seconds"].get<double>(), steps + started + saved + validated);
  EXPECT_NEAR(result["overhead_fraction"].get<double>() * result["seconds"].get<double>(), waited + started + saved,
              1e-9);
  const std::string log = read_all(folder / "log.txt"), metrics = read_all(folder / "metrics.jsonl");
  EXPECT_NE(log.find("waiting for data "), std::string::npos);
  EXPECT_NE(log.find("validation: "), std::string::npos);
  EXPECT_NE(metrics.find(R"({"kind":"time","global_step":16,"checkpoint_seconds":)"), std::string::npos);
  EXPECT_NE(metrics.find(R"({"kind":"time","global_step":16,"validation_seconds":)"), std::string::npos);
}

TEST_F(TrainVerb, GivesTheSameBytesWhateverTheNumberOfDecodingThreads) {
  ASSERT_EQ(train("--run " + path("decoding") + " pipeline.decode_threads=3 pipeline.prefetch_batches=1").exit_code, 0);
  expect_as_undisturbed("decoding");
}

TEST_F(TrainVerb, GivesTheSameBytesOnAPackedSet) {
  int number = 0;
  for (const char* kind : {"", "--decode", "--shard-size 20k"}) {
    SCOPED_TRACE(kind);
    const std::string run = "packed-" + std::to_string(++number), set = path(run + ".mfp");
    const auto packed = run_massface("pack " + path("faces") + "/train " + set + " " + kind);
    ASSERT_EQ(packed.exit_code, 0) << packed.standard_error;
    const auto trained = train("--run " + path(run) + " dataset.path=" + set);
    ASSERT_EQ(trained.exit_code, 0) << trained.standard_error;
    expect_as_undisturbed(run);
  }
}

// The failpoint train.step is passed once per step: 8 times in softmax, then 8 times in triplet. Checkpoints are
// written after steps 3, 6, 8, 11, 14 and 16.
TEST_F(TrainVerb, ResumesBitExactlyAfterASigkillAtAnyMoment) {
  int number = 0;
  for (const char* failpoint :
       {"train.step:kill:2", "train.step:kill:5", "train.step:kill:9", "train.step:kill:13", "train.step:kill:16",
        "checkpoint.begin:kill:2", "checkpoint.model_written:kill:1", "checkpoint.model_written:kill:4",
        "checkpoint.before_rename:kill:3", "checkpoint.after_rename:kill:3", "checkpoint.after_rename:kill:5",
        "checkpoint.before_prune:kill:4", "checkpoint.pruning:kill:1", "file.half_written@*/metrics.jsonl:kill:7",
        "file.half_written@*/state.json:kill:2", "file.after_rename@*/softmax.safetensors:kill"}) {
    SCOPED_TRACE(failpoint);
    const std::string name = "killed-" + std::to_string(++number);
    ASSERT_EQ(train("--run " + path(name), std::string("MASSFACE_FAILPOINT=") + failpoint).exit_code, 137);
    EXPECT_TRUE(weights(name, "triplet").empty());
    const auto resumed = resume(name);
    ASSERT_EQ(resumed.exit_code, 0) << resumed.standard_error;
    expect_as_undisturbed(name);
  }
}

TEST_F(TrainVerb, BeginsAgainWithTheSameCommandWhereItWasKilledBeforeItHadItsOptions) {
  ASSERT_EQ(train("--run " + path("begun"), "MASSFACE_FAILPOINT=file.half_written@*/options.toml:kill").exit_code, 137);
  expect_refused(resume("begun"), "Nothing was trained in it; start the run with --run instead of --resume");
  ASSERT_EQ(train("--run " + path("begun")).exit_code, 0);
  expect_as_undisturbed("begun");
}

TEST_F(TrainVerb, RecordsEachStepOnceThoughARunWasKilled) {
  ASSERT_EQ(train("--run " + path("recorded"), "MASSFACE_FAILPOINT=train.step:kill:5").exit_code, 137);
  ASSERT_EQ(resume("recorded").exit_code, 0);
  std::vector<int> steps;
  for (const Json& step : steps_of("recorded")) steps.push_back(step["global_step"]);
  EXPECT_EQ(steps, (std::vector<int>{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}));
}

// MASSFACE_FAILPOINT raises the signal within the process, so that it arrives at a known step.
TEST_F(TrainVerb, WritesACheckpointWhenItIsToldToStopAndContinuesBitExactly) {
  for (const char* signal : {"interrupt", "terminate", "hangup", "warn"}) {
    const std::string name = std::string("stopped-by-") + signal;
    const auto stopped = train("--run " + path(name), std::string("MASSFACE_FAILPOINT=train.step:") + signal + ":5");
    EXPECT_EQ(stopped.exit_code, 1) << stopped.standard_error;
    EXPECT_NE(stopped.standard_error.find("stopped by a signal after step 5; continue with: massface train --resume"),
              std::string::npos)
        << stopped.standard_error;
    EXPECT_TRUE(fs::exists(path(name) + "/checkpoints/step-000000005/state.json"));
    EXPECT_EQ(Json::parse(read_all(path(name) + "/result.json"))["status"], "stopped");
    ASSERT_EQ(resume(name).exit_code, 0);
    expect_as_undisturbed(name);
  }
}

// A validation takes longer than a cluster waits. The accuracy is measured when the run continues, so that the best
// checkpoint is the one of an undisturbed run.
TEST_F(TrainVerb, WritesTheCheckpointFirstAndMeasuresItWhenItContinues) {
  ASSERT_EQ(train("--run " + path("stopped-when-due"), "MASSFACE_FAILPOINT=train.step:warn:6").exit_code, 1);
  const auto state = [](const std::string& run) {
    return Json::parse(bytes(run, "checkpoints/step-000000006/state.json"));
  };
  EXPECT_FALSE(state("stopped-when-due").contains("validation_accuracy"));
  EXPECT_EQ(bytes("stopped-when-due", "log.txt").find("step 6: "), std::string::npos);
  ASSERT_EQ(resume("stopped-when-due", "checkpoint.keep=9").exit_code, 0);
  EXPECT_TRUE(state("stopped-when-due").contains("validation_accuracy"));
  expect_same_bytes("stopped-when-due", "undisturbed", "checkpoints/best.json");
  ASSERT_EQ(train("--run " + path("killed-when-due"), "MASSFACE_FAILPOINT=checkpoint.after_rename:kill:2").exit_code,
            137);
  ASSERT_EQ(resume("killed-when-due").exit_code, 0);
  expect_same_bytes("killed-when-due", "undisturbed", "checkpoints/best.json");
}

TEST_F(TrainVerb, EndsAMeasurementThatASignalInterrupts) {
  ASSERT_EQ(train("--run " + path("interrupted"), "MASSFACE_FAILPOINT=train.validating:terminate:1").exit_code, 1);
  EXPECT_NE(
      bytes("interrupted", "log.txt").find("the held-out pairs are not measured at step 3: a signal asks to stop"),
      std::string::npos);
  ASSERT_EQ(resume("interrupted").exit_code, 0);
  expect_as_undisturbed("interrupted");
  expect_same_bytes("interrupted", "undisturbed", "checkpoints/best.json");
}

// The run would otherwise be finished, and nobody would measure its last checkpoint.
TEST_F(TrainVerb, IsNotFinishedBeforeItsLastCheckpointIsMeasured) {
  for (const char* failpoint : {"checkpoint.before_rename:terminate:6", "train.step:warn:16"}) {
    const std::string name = std::string("unmeasured-") + failpoint;
    ASSERT_EQ(train("--run " + path(name), std::string("MASSFACE_FAILPOINT=") + failpoint).exit_code, 1);
    EXPECT_EQ(Json::parse(bytes(name, "result.json"))["status"], "stopped");
    ASSERT_EQ(resume(name).exit_code, 0);
    const Json result = Json::parse(bytes(name, "result.json"));
    EXPECT_EQ(result["status"], "finished");
    EXPECT_GE(result["validation_accuracy"], 0.0);
    expect_as_undisturbed(name);
    expect_same_bytes(name, "undisturbed", "checkpoints/best.json");
  }
}

TEST_F(TrainVerb, GoesOnWithoutAConsoleThatHasGone) {
  const std::string command = program_under_test().native() + " train " + path("small.toml") + " --run " +
                              path("piped") + " 2>&1 | head -n 1 >/dev/null";
  ASSERT_EQ(std::system(command.c_str()), 0);
  expect_as_undisturbed("piped");
  EXPECT_NE(bytes("piped", "log.txt").find("finished: "), std::string::npos);
}

TEST_F(TrainVerb, GoesOnWhenTheDiskIsFullAndFailsOnlyWithTheLastCheckpoint) {
  const auto once = train("--run " + path("full-once"), "MASSFACE_FAILPOINT=checkpoint.model_written:full:2");
  EXPECT_EQ(once.exit_code, 0) << once.standard_error;
  EXPECT_NE(once.standard_error.find("warning: the checkpoint of step 6 was not written"), std::string::npos);
  expect_as_undisturbed("full-once");

  const auto always = train("--run " + path("full"), "MASSFACE_FAILPOINT=checkpoint.model_written:full");
  EXPECT_EQ(always.exit_code, 1);
  EXPECT_NE(always.standard_error.find("the last checkpoint could not be written"), std::string::npos);
  EXPECT_NE(always.standard_error.find("start a new run: this one has no checkpoint"), std::string::npos);
  expect_as_undisturbed("full");
}

TEST_F(TrainVerb, RefusesToBeginARunAgainWhoseCheckpointsAreGone) {
  const fs::path lost = path("lost");
  fs::copy(path("undisturbed"), lost, fs::copy_options::recursive);
  fs::remove_all(lost / "checkpoints");
  expect_refused(resume("lost"),
                 "although phase triplet is over: its weights are " + (lost / "triplet.safetensors").native());
  expect_as_undisturbed("lost");
  for (const char* phase : {"softmax", "triplet"}) fs::remove(lost / (std::string(phase) + ".safetensors"));
  expect_refused(resume("lost"), "although its result.json records a result");
  fs::remove(lost / "result.json");
  expect_refused(resume("lost"), "although its metrics.jsonl records 16 steps");
}

// The paths of the recipe and the dataset are relative here, as on a command line.
TEST_F(TrainVerb, ContinuesARunOfARelativePathFromAnotherFolder) {
  const std::string there = "cd " + folder_->path().native() + " &&";
  const std::string arguments = "train small.toml dataset.path=faces/train ";
  ASSERT_EQ(run_massface(arguments + "--run relative", there + " MASSFACE_FAILPOINT=train.step:kill:5").exit_code, 137);
  const auto same = run_massface(arguments + "--dry-run --resume relative", there);
  EXPECT_EQ(same.exit_code, 0) << same.standard_error;
  const auto resumed = run_massface("train --resume " + path("relative"), "cd / &&");
  EXPECT_EQ(resumed.exit_code, 0) << resumed.standard_error;
  expect_as_undisturbed("relative");
}

TEST_F(TrainVerb, RefusesToContinueUnderOtherConditionsUnlessAsked) {
  ASSERT_EQ(train("--run " + path("threads"), "MASSFACE_FAILPOINT=train.step:kill:5").exit_code, 137);
  expect_refused(resume("threads", "threads=1"),
                 "threads: 2 when it was written, 1 now\nPass threads=2 to continue bit-exactly, or "
                 "--allow-inexact-resume to continue with another number of threads");
  fs::copy(path("threads"), path("threads-inexact"), fs::copy_options::recursive);
  EXPECT_EQ(resume("threads-inexact", "threads=1 --allow-inexact-resume").exit_code, 0);
  ASSERT_EQ(resume("threads").exit_code, 0) << "a refused continuation must leave the run as it was";
  expect_as_undisturbed("threads");
}

TEST_F(TrainVerb, ResumesWithAnotherMemoryBudgetAndOnRequestWithOtherKernels) {
  ASSERT_EQ(train("--run " + path("budget"), "MASSFACE_FAILPOINT=train.step:kill:5").exit_code, 137);
  fs::copy(path("budget"), path("budget-reference"), fs::copy_options::recursive);
  expect_refused(resume("budget-reference", "backbone.kernels=reference"), "backbone.kernels");
  EXPECT_EQ(resume("budget-reference", "backbone.kernels=reference --allow-inexact-resume").exit_code, 0);
  const auto resumed = resume("budget", "backbone.memory_budget=1000");
  ASSERT_EQ(resumed.exit_code, 0) << resumed.standard_error;
  expect_as_undisturbed("budget");
}

TEST_F(TrainVerb, RefusesASecondProcessInOneRun) {
  fs::copy(path("undisturbed"), path("locked"), fs::copy_options::recursive);
  const int descriptor = ::open((path("locked") + "/lock").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  ASSERT_EQ(::flock(descriptor, LOCK_EX), 0);
  const std::string half_written = path("locked") + "/checkpoints/step-000000099.partial";
  fs::create_directories(half_written);
  expect_refused(resume("locked"), "another process is training in");
  EXPECT_TRUE(fs::exists(half_written)) << "the other process is still writing it";
  ::close(descriptor);
  EXPECT_EQ(resume("locked").exit_code, 0);
}

TEST_F(TrainVerb, ContinuesAFinishedRunForLonger) {
  fs::copy(path("undisturbed"), path("longer"), fs::copy_options::recursive);
  ASSERT_EQ(resume("longer", "triplet.steps=11").exit_code, 0);
  ASSERT_EQ(train("--run " + path("longer-at-once") + " triplet.steps=11").exit_code, 0);
  EXPECT_TRUE(weights("longer", "triplet") == weights("longer-at-once", "triplet"));
  EXPECT_FALSE(weights("longer", "triplet") == weights("undisturbed", "triplet"));
}

TEST_F(TrainVerb, RefusesToLengthenAPhaseThatIsOver) {
  expect_refused(resume("undisturbed", "softmax.steps=9"), "phase softmax is over and phase triplet has begun");
  expect_refused(resume("undisturbed", "triplet.steps=7"), "phase triplet has already trained 8 steps");
}

TEST_F(TrainVerb, BeginsAgainWithTheWeightsItBeganWithWhenKilledBeforeItsFirstCheckpoint) {
  const std::string from = " --from " + path("undisturbed") + " softmax.steps=4";
  ASSERT_EQ(train("--run " + path("from-whole") + from).exit_code, 0);
  ASSERT_EQ(train("--run " + path("from-killed") + from, "MASSFACE_FAILPOINT=train.step:kill:2").exit_code, 137);
  ASSERT_EQ(resume("from-killed").exit_code, 0);
  EXPECT_TRUE(weights("from-killed", "triplet") == weights("from-whole", "triplet"));
}

TEST_F(TrainVerb, ReplacesABadImageAndListsItOnceThoughTheRunWasKilled) {
  fs::copy(*folder_ / "faces/train", *folder_ / "damaged", fs::copy_options::recursive);
  int damaged = 0;
  for (const auto& identity : fs::directory_iterator(*folder_ / "damaged")) {
    std::ofstream(fs::directory_iterator(identity)->path()) << "<html>";
    if (++damaged == 6) break;
  }
  const std::string options = " dataset.path=" + path("damaged") + " validation.identities=0 dataset.max_bad_fraction=";
  ASSERT_EQ(train("--run " + path("bad") + options + "0.5").exit_code, 0);
  ASSERT_EQ(train("--run " + path("bad-killed") + options + "0.5", "MASSFACE_FAILPOINT=train.step:kill:13").exit_code,
            137);
  ASSERT_EQ(resume("bad-killed").exit_code, 0);
  EXPECT_TRUE(weights("bad-killed", "triplet") == weights("bad", "triplet"));
  const auto lines_of = [](const std::string& list) {
    std::vector<std::string> lines;
    std::istringstream stream(list);
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    std::sort(lines.begin(), lines.end());
    return lines;
  };
  const auto lines = lines_of(bytes("bad", "bad_images.txt"));
  EXPECT_GE(lines.size(), 2u);
  EXPECT_NE(lines.front().find("not a JPEG, PNG or WebP (first bytes 3c 68 74 6d"), std::string::npos) << lines.front();
  EXPECT_EQ(lines_of(bytes("bad-killed", "bad_images.txt")), lines);

  expect_refused(train("--run " + path("too-bad") + options + "0.02"), "dataset.max_bad_fraction");
  EXPECT_FALSE(bytes("too-bad", "bad_images.txt").empty());
}

TEST_F(TrainVerb, StartsAPhaseFromAnotherRunsWeights) {
  const auto result =
      train("--run " + path("from") + " --from " + path("undisturbed") + " softmax.steps=1 triplet.steps=1");
  EXPECT_EQ(result.exit_code, 0) << result.standard_error;
  EXPECT_NE(result.standard_error.find("starting from"), std::string::npos);
  expect_refused(train("--run " + path("from-2") + " --from " + path("undisturbed") + " backbone.embedding_size=8"),
                 "but the recipe asks for a mobilefacenet_massface of 8");
}

TEST_F(TrainVerb, StopsWithTheStepsReportWhenTheLossIsNotFinite) {
  // Each step multiplies every decayed weight by 1 - 100 * 1, until float32 has no number for it.
  const auto result = train("--run " + path("nan") +
                            " softmax.steps=100 softmax.schedule.name=constant "
                            "softmax.optimizer.learning_rate=100 softmax.optimizer.weight_decay=1");
  EXPECT_EQ(result.exit_code, 1) << result.standard_error;
  EXPECT_TRUE(
      std::regex_search(result.standard_error, std::regex("step \\d+ of phase softmax: the (loss|gradient) is not "
                                                          "finite .* the newest checkpoint, step-\\d+, is")))
      << result.standard_error;
  const std::string metrics = bytes("nan", "metrics.jsonl");
  EXPECT_NE(metrics.find("\"failure\":\"the "), std::string::npos) << metrics;
  EXPECT_TRUE(fs::exists(path("nan") + "/checkpoints/step-000000003"));
}

TEST_F(TrainVerb, PrintsOneJsonObjectAndNothingElseOnStandardOutput) {
  const auto result = train("--run " + path("json") + " --json softmax.steps=1 triplet.steps=1");
  ASSERT_EQ(result.exit_code, 0);
  EXPECT_EQ(Json::parse(result.standard_output)["status"], "finished");
  const auto forecast = train("--dry-run --json");
  ASSERT_EQ(forecast.exit_code, 0) << forecast.standard_error;
  const Json json = Json::parse(forecast.standard_output);
  EXPECT_EQ(json["phases"][0]["steps"], 8);
  EXPECT_GT(json["network_parameters"], 1000000);
  EXPECT_GT(json["peak_memory_bytes"], 1000000);
  EXPECT_GT(json["seconds"], 0.0);
}

TEST_F(TrainVerb, ForecastsWithoutWritingAnything) {
  const auto forecast = train("--dry-run --run " + path("forecast") + " softmax.epochs=3");
  ASSERT_EQ(forecast.exit_code, 0) << forecast.standard_error;
  // 9 identities of 5 images make 7 batches of 6 per epoch.
  for (const char* line :
       {"name = \"softmax\"", "epochs = 3", "# 9 identities, 45 images to train on",
        "# memory: ", "# phase softmax: 21 steps, 126 images, ", "MB  the classifier's weights", "# total: about "}) {
    EXPECT_NE(forecast.standard_output.find(line), std::string::npos) << line;
  }
  EXPECT_FALSE(fs::exists(path("forecast")));
}

TEST_F(TrainVerb, SaysWhatIsWrongAndLeavesNothingBehind) {
  const std::string to = "--run " + path("refused") + " ";
  expect_refused(train(to + "dataset.path=/nowhere"), "/nowhere");
  expect_refused(train(to + "dataset.path="), "dataset.path is not set");
  fs::create_directories(path("empty"));
  expect_refused(train(to + "dataset.path=" + path("empty")), "empty");
  expect_refused(train(to + "triplet.batch.identities=50"), "phase triplet: ");
  expect_refused(train(to + "triplet.batch.images_per_identity=1"), "needs two images of one identity");
  expect_refused(train(to + "softmax.epoch=1"), "did you mean 'softmax.epochs'?");
  expect_refused(train(to + "threads=1024"), "threads is 1024, but this process may use ");
  expect_refused(train(to + "pipeline.decode_threads=1024"), "pipeline.decode_threads is 1024, but ");
  if (cuda_hooks::num_devices() == 0) expect_refused(train(to + "device=cuda:0"), "cuda:0");
  expect_refused(train(to + "device=tpu"), "tpu");
  expect_refused(train(to + "--from /nowhere"), "/nowhere");
  expect_refused(train("--run " + path("undisturbed")), "never overwritten");
  expect_refused(run_massface("train"), "needs a recipe");
  expect_refused(run_massface("train /nowhere.toml"), "/nowhere.toml");
  expect_refused(run_massface("train --resume " + path("empty")), "is not a run directory");
  EXPECT_FALSE(fs::exists(path("refused")));
}

TEST_F(TrainVerb, RefusesATruncatedCheckpointByName) {
  fs::copy(path("undisturbed"), path("truncated"), fs::copy_options::recursive);
  fs::resize_file(path("truncated") + "/checkpoints/step-000000016/model.safetensors", 1000);
  expect_refused(resume("truncated"), "step-000000016 is damaged");
  fs::remove_all(path("truncated") + "/checkpoints/step-000000016");
  EXPECT_EQ(resume("truncated").exit_code, 0);
  expect_as_undisturbed("truncated");
}

}  // namespace
}  // namespace massface
