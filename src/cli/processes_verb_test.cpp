#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cli/testing_runs.h"

namespace massface {
namespace {

using Json = nlohmann::json;

// Batches that two and three processes can share, and BatchNorm that is the same for any number of them.
constexpr const char* kRecipeOfProcesses = R"(
validation = {identities = 3, pairs = 20}
[[phase]]
name = "softmax"
steps = 6
batch.size = 6
batch_norm = "synchronised"
optimizer.learning_rate = 0.05
[[phase]]
name = "triplet"
loss = "triplet"
steps = 6
batch.identities = 6
batch.images_per_identity = 2
batch_norm = "synchronised"
optimizer.learning_rate = 0.01
)";

class ProcessesVerb : public SmallRuns {
 protected:
  static void SetUpTestSuite() {
    SmallRuns::SetUpTestSuite();
    write_recipe("small", kRecipeOfProcesses);
    const auto trained = train("--processes 2 --run " + path("undisturbed"));
    ASSERT_EQ(trained.exit_code, 0) << trained.standard_error;
  }
  static ProgramResult train(const std::string& arguments, const std::string& environment = "") {
    return run_massface("train " + path("small.toml") + " threads=1 " + arguments, environment);
  }
  static int64_t count(const std::string& text, const std::string& part) {
    int64_t found = 0;
    for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
    return found;
  }
  static void expect_as_undisturbed(const std::string& run) {
    expect_same_bytes(run, "undisturbed", "softmax.safetensors");
    expect_same_bytes(run, "undisturbed", "triplet.safetensors");
  }
};

// Later steps of such a small training differ as they do between kernels: rounding grows a thousandfold in each.
TEST_F(ProcessesVerb, TrainAsOneDoes) {
  const auto alone = train("--run " + path("alone"));
  ASSERT_EQ(alone.exit_code, 0) << alone.standard_error;
  const auto one = steps_of("alone"), two = steps_of("undisturbed");
  ASSERT_EQ(one.size(), 12u);
  ASSERT_EQ(two.size(), 12u);
  for (size_t i = 0; i < 2; ++i) EXPECT_NEAR(one[i]["loss"].get<double>(), two[i]["loss"].get<double>(), 1e-4) << i;
}

TEST_F(ProcessesVerb, PrintOneResultAndOneLog) {
  const auto trained = train("--processes 2 --json --run " + path("printed"));
  ASSERT_EQ(trained.exit_code, 0) << trained.standard_error;
  const Json result = Json::parse(trained.standard_output);
  EXPECT_EQ(result["status"], "finished");
  EXPECT_EQ(result["global_step"], 12);
  EXPECT_EQ(count(trained.standard_error, "run directory: "), 1) << trained.standard_error;
  EXPECT_EQ(count(trained.standard_error, "2 processes of 1 thread"), 1) << trained.standard_error;
  EXPECT_EQ(count(bytes("printed", "log.txt"), "finished: "), 1);
  expect_as_undisturbed("printed");
}

TEST_F(ProcessesVerb, TellAMistakeOnce) {
  const auto refused = train("--processes 2 dataset.path=/nowhere --run " + path("refused"));
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_EQ(count(refused.standard_error, "/nowhere"), 1) << refused.standard_error;
  EXPECT_FALSE(std::filesystem::exists(path("refused")));
}

TEST_F(ProcessesVerb, RefuseABatchThatIsNotDividedEvenly) {
  expect_refused(train("--processes 2 softmax.batch.size=7 --run " + path("odd")),
                 "phase softmax: a batch of 7 images cannot be divided equally among 2 processes; 6 or 8 images can");
  expect_refused(train("--processes 4 --run " + path("four")), "too few for 4 processes");
  expect_refused(train("--processes 5 --run " + path("five")),
                 "the 9 identities of the classifier cannot be divided among 5 processes; at most 4 could");
}

TEST_F(ProcessesVerb, RefuseWhatTheyCannotBe) {
  expect_refused(train("--processes none"), "--processes is \"none\"; a number from 1 to 1024 was expected");
  expect_refused(train("--processes 2", "RANK=0 WORLD_SIZE=2 MASTER_ADDR=127.0.0.1 MASTER_PORT=1"), "Leave them out");
  expect_refused(train("--processes 2 --rank 0"), "--rendezvous HOST:PORT must say");
}

// The forecast starts no process, so it is of any number of them.
TEST_F(ProcessesVerb, AreForecast) {
  const auto forecast = train("--dry-run --json --processes 3");
  ASSERT_EQ(forecast.exit_code, 0) << forecast.standard_error;
  const Json phases = Json::parse(forecast.standard_output)["phases"];
  EXPECT_GT(phases[0]["sent_bytes_per_step"]["the classifier's sums"], 0.0);
  EXPECT_GT(phases[1]["sent_bytes_per_step"]["counts of triplets"], 0.0);
  EXPECT_GT(phases[1]["held_bytes"]["its gradient"], 1e6);
  EXPECT_NE(train("--dry-run --processes 2 softmax.batch.size=7").standard_error.find("cannot be divided equally"),
            std::string::npos);
}

TEST_F(ProcessesVerb, EvaluateAsOneDoes) {
  const auto evaluate = [](const std::string& name, const std::string& options) {
    return run_massface("evaluate " + path("undisturbed") + " --pairs " + path("faces/pairs.txt") + " --images " +
                        path("faces/test") + " --resize --threads 1 --json --roc " + path(name + ".csv") + " " +
                        options);
  };
  const auto figures_of = [](const ProgramResult& result) {
    EXPECT_EQ(result.exit_code, 0) << result.standard_error;
    Json json = Json::parse(result.standard_output);
    for (const char* time : {"seconds", "images_per_second"}) json.erase(time);
    return json;
  };
  const Json alone = figures_of(evaluate("alone", ""));
  EXPECT_EQ(figures_of(evaluate("three", "--processes 3")), alone);
  EXPECT_EQ(read_all(path("three.csv")), read_all(path("alone.csv")));
  const auto mistaken = evaluate("mistaken", "--processes 2 --folds 11");
  EXPECT_EQ(mistaken.exit_code, 2);
  EXPECT_EQ(count(mistaken.standard_error, "error: "), 1) << mistaken.standard_error;
}

TEST_F(ProcessesVerb, StopTogetherAndGoOnToTheSameBits) {
  for (const char* rank : {"0", "1"}) {
    const std::string name = std::string("stopped-by-") + rank;
    const auto stopped =
        train("--processes 2 --run " + path(name),
              std::string("MASSFACE_FAILPOINT=train.step:terminate:5 MASSFACE_FAILPOINT_RANK=") + rank);
    EXPECT_EQ(stopped.exit_code, 1);
    EXPECT_EQ(count(stopped.standard_error, "stopped by a signal after step 5"), 1) << stopped.standard_error;
    const auto resumed = resume(name, "threads=1 --processes 2");
    EXPECT_EQ(resumed.exit_code, 0) << resumed.standard_error;
    expect_as_undisturbed(name);
  }
}

TEST_F(ProcessesVerb, EndWhenOneIsKilledAndGoOnToTheSameBits) {
  ASSERT_EQ(train("--processes 3 --run " + path("undisturbed-3")).exit_code, 0);
  const struct {
    std::string processes, rank, undisturbed;
  } kCases[] = {{"2", "0", "undisturbed"}, {"2", "1", "undisturbed"}, {"3", "2", "undisturbed-3"}};
  for (const auto& [processes, rank, undisturbed] : kCases) {
    const std::string name = "killed-" + rank;
    const auto killed = train("--processes " + processes + " --run " + path(name),
                              "MASSFACE_FAILPOINT=train.step:kill:5 MASSFACE_FAILPOINT_RANK=" + rank);
    EXPECT_EQ(killed.exit_code, 1);
    EXPECT_NE(killed.standard_error.find("rank " + rank + " (process "), std::string::npos) << killed.standard_error;
    const auto resumed = resume(name, "threads=1 --processes " + processes);
    EXPECT_EQ(resumed.exit_code, 0) << resumed.standard_error;
    for (const char* weights : {"softmax.safetensors", "triplet.safetensors"}) {
      expect_same_bytes(name, undisturbed, weights);
    }
  }
}

TEST_F(ProcessesVerb, StartAgainByThemselves) {
  // Killed in its ninth step, and so after its start from the checkpoint of step 6 no more.
  const auto trained = train("--processes 2 --restarts 2 --run " + path("restarted"),
                             "MASSFACE_FAILPOINT=train.step:kill:9 MASSFACE_FAILPOINT_RANK=1");
  EXPECT_EQ(trained.exit_code, 0) << trained.standard_error;
  EXPECT_EQ(count(trained.standard_error, "starting again with " + path("restarted") + ", 1 of 2"), 1)
      << trained.standard_error;
  expect_as_undisturbed("restarted");
}

TEST_F(ProcessesVerb, AreNotStartedAgainAfterAMistakeOrAStop) {
  const auto refused = train("--processes 2 --restarts 3 dataset.path=/nowhere --run " + path("mistaken"));
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_EQ(count(refused.standard_error, "starting again"), 0) << refused.standard_error;
  const auto stopped = train("--processes 2 --restarts 3 --run " + path("stopped-for-good"),
                             "MASSFACE_FAILPOINT=train.step:terminate:5 MASSFACE_FAILPOINT_RANK=1");
  EXPECT_EQ(stopped.exit_code, 1);
  EXPECT_EQ(count(stopped.standard_error, "starting again"), 0) << stopped.standard_error;
}

// The others notice it by its silence. The launcher kills it then.
TEST_F(ProcessesVerb, EndWhenOneIsStopped) {
  const auto halted = train("--processes 2 --timeout 2 --run " + path("halted"),
                            "MASSFACE_FAILPOINT=train.step:stop:5 MASSFACE_FAILPOINT_RANK=1");
  EXPECT_EQ(halted.exit_code, 1);
  EXPECT_NE(halted.standard_error.find("rank 1 on "), std::string::npos) << halted.standard_error;
  EXPECT_NE(halted.standard_error.find("at step 5, waited for"), std::string::npos) << halted.standard_error;
  EXPECT_NE(halted.standard_error.find("has not answered for"), std::string::npos) << halted.standard_error;
}

TEST_F(ProcessesVerb, GoOnInAnotherNumber) {
  ASSERT_EQ(train("--processes 2 --run " + path("resized"), "MASSFACE_FAILPOINT=train.step:terminate:5").exit_code, 1);
  const auto resumed = resume("resized", "threads=1 --processes 3");
  ASSERT_EQ(resumed.exit_code, 0) << resumed.standard_error;
  EXPECT_NE(resumed.standard_error.find("the same to rounding"), std::string::npos) << resumed.standard_error;
  const auto as = steps_of("undisturbed"), is = steps_of("resized");
  ASSERT_EQ(is.size(), as.size());
  // The first of the resumed steps; the later ones differ as in TrainAsOneDoes.
  EXPECT_NEAR(is[5]["loss"].get<double>(), as[5]["loss"].get<double>(), 1e-4);
}

}  // namespace
}  // namespace massface
