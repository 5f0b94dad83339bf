#include <gtest/gtest.h>

#include <filesystem>

#include "cli/testing_program.h"

namespace massface {
namespace {

namespace fs = std::filesystem;

// As train_verb_test.cpp's, for the pools that select beforehand: ten steps, a checkpoint after every third, none of
// them at the end of a pool or of a round of four.
constexpr const char* kRecipe = R"(
seed = 7
threads = 2
device = "cpu"
[input]
height = 32
width = 32
[backbone]
name = "mobilefacenet"
embedding_size = 16
[pipeline]
resize = true
crop_padding = 2
[validation]
identities = 3
pairs = 20
[checkpoint]
every_steps = 3
[telemetry]
log_every_steps = 1
progress = false
[[phase]]
name = "triplet"
loss = "triplet"
steps = 10
batch.identities = 3
batch.images_per_identity = 2
optimizer.learning_rate = 0.01
mining.strategy = "batch_random"
mining.max_triplets = 12
mining.scale = 3
mining.round_steps = 4
)";

class TrainPools : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new TemporaryFolder;
    const auto made = run_massface("synth " + run("faces") +
                                   " --identities 12 --images-per-identity 5 --test-identities 20 "
                                   "--test-images-per-identity 2 --pairs-per-fold 2 --seed 5");
    ASSERT_EQ(made.exit_code, 0) << made.standard_error;
    std::ofstream(recipe()) << "dataset.path = \"" << run("faces") << "/train\"\n" << kRecipe;
    for (const std::string pool : {"semi_online", "offline"}) {
      const auto trained = train(pool, pool);
      ASSERT_EQ(trained.exit_code, 0) << trained.standard_error;
    }
  }
  static void TearDownTestSuite() { delete folder_; }

  static std::string recipe() { return (*folder_ / "small.toml").native(); }
  static std::string run(const std::string& name) { return (*folder_ / name).native(); }
  static ProgramResult train(const std::string& name, const std::string& pool, const std::string& failpoint = "") {
    return run_massface("train " + recipe() + " --run " + run(name) + " triplet.mining.pool=" + pool,
                        failpoint.empty() ? "" : "MASSFACE_FAILPOINT=" + failpoint);
  }
  static ProgramResult resume(const std::string& name) { return run_massface("train --resume " + run(name)); }
  static void expect_same(const std::string& name, const std::string& pool, const std::string& file) {
    const std::string bytes = read_all(fs::path(run(name)) / file);
    EXPECT_FALSE(bytes.empty()) << name << " " << file;
    EXPECT_TRUE(bytes == read_all(fs::path(run(pool)) / file)) << name << " " << file;
  }

  static TemporaryFolder* folder_;
};
TemporaryFolder* TrainPools::folder_ = nullptr;

TEST_F(TrainPools, ResumesBitExactlyInTheMiddleOfAPool) {
  for (const std::string failpoint : {"train.step:kill:2", "train.step:kill:5", "train.step:terminate:7"}) {
    const std::string name = "semi_online-" + failpoint;
    ASSERT_NE(train(name, "semi_online", failpoint).exit_code, 0);
    const auto resumed = resume(name);
    ASSERT_EQ(resumed.exit_code, 0) << resumed.standard_error;
    expect_same(name, "semi_online", "triplet.safetensors");
  }
}

TEST_F(TrainPools, ResumesBitExactlyInTheMiddleOfARound) {
  for (const std::string failpoint : {"train.step:kill:3", "train.step:kill:8", "train.step:terminate:4",
                                      "train.step:terminate:6", "round.written:kill:1", "round.written:kill:2"}) {
    const std::string name = "offline-" + failpoint;
    ASSERT_NE(train(name, "offline", failpoint).exit_code, 0);
    const auto resumed = resume(name);
    ASSERT_EQ(resumed.exit_code, 0) << resumed.standard_error;
    expect_same(name, "offline", "triplet.safetensors");
    for (const char* file : {"triplets/round_00000.npy", "triplets/round_00001.json", "triplets/round_00002.npy"}) {
      expect_same(name, "offline", file);
    }
  }
}

TEST_F(TrainPools, RefusesARoundThatIsNoLongerWhatTheCheckpointTrainsOn) {
  ASSERT_EQ(train("changed", "offline", "train.step:kill:8").exit_code, 137);  // checkpoint 6 is in round 1
  const fs::path round = fs::path(run("changed")) / "triplets/round_00001.npy";
  const std::string whole = read_all(round);
  fs::remove(round);
  const auto missing = resume("changed");
  EXPECT_EQ(missing.exit_code, 2);
  EXPECT_NE(missing.standard_error.find("round_00001.npy is missing"), std::string::npos) << missing.standard_error;
  fs::copy(fs::path(run("changed")) / "triplets/round_00000.npy", round);
  const auto changed = resume("changed");
  EXPECT_EQ(changed.exit_code, 2);
  EXPECT_NE(changed.standard_error.find("round_00001.npy was changed"), std::string::npos) << changed.standard_error;
  // As the message says.
  fs::remove_all(fs::path(run("changed")) / "checkpoints/step-000000006");
  ASSERT_EQ(resume("changed").exit_code, 0);
  EXPECT_TRUE(read_all(round) == whole);
  expect_same("changed", "offline", "triplet.safetensors");
}

}  // namespace
}  // namespace massface
