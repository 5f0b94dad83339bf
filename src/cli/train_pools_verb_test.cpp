#include <gtest/gtest.h>

#include <filesystem>

#include "cli/testing_runs.h"

namespace massface {
namespace {

namespace fs = std::filesystem;

// Ten steps. No checkpoint coincides with the end of a pool or of a round of four steps.
constexpr const char* kPoolsRecipe = R"(
backbone.name = "mobilefacenet"
pipeline.crop_padding = 2
validation = {identities = 3, pairs = 20}
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

class TrainPools : public SmallRuns {
 protected:
  static void SetUpTestSuite() {
    SmallRuns::SetUpTestSuite();
    write_recipe("small", kPoolsRecipe);
    for (const std::string pool : {"semi_online", "offline"}) {
      const auto trained = train(pool, pool);
      ASSERT_EQ(trained.exit_code, 0) << trained.standard_error;
    }
  }

  static ProgramResult train(const std::string& run, const std::string& pool, const std::string& failpoint = "",
                             const std::string& options = "") {
    return SmallRuns::train("small", run, "triplet.mining.pool=" + pool + " " + options, failpoint);
  }
};

TEST_F(TrainPools, WarnsOfOptionsThatThePoolDoesNotUse) {
  const std::string unused =
      "warning: phase triplet: mining.round_steps is 4, but only mining.pool = \"offline\" uses it";
  EXPECT_NE(bytes("semi_online", "log.txt").find(unused), std::string::npos);
  EXPECT_NE(bytes("semi_online", "log.txt").find("its sub-batches can be as small as"), std::string::npos);
  EXPECT_EQ(bytes("offline", "log.txt").find("round_steps"), std::string::npos);
  const auto forecast = train("forecast", "semi_online", "", "--dry-run");
  EXPECT_NE(forecast.standard_error.find(unused), std::string::npos) << forecast.standard_error;
}

TEST_F(TrainPools, ResumesBitExactlyInTheMiddleOfAPool) {
  for (const std::string failpoint : {"train.step:kill:2", "train.step:kill:5", "train.step:terminate:7"}) {
    const std::string name = "semi_online-" + failpoint;
    ASSERT_NE(train(name, "semi_online", failpoint).exit_code, 0);
    const auto resumed = resume(name);
    ASSERT_EQ(resumed.exit_code, 0) << resumed.standard_error;
    expect_same_bytes(name, "semi_online", "triplet.safetensors");
  }
}

TEST_F(TrainPools, ResumesBitExactlyInTheMiddleOfARound) {
  for (const std::string failpoint : {"train.step:kill:3", "train.step:kill:8", "train.step:terminate:4",
                                      "train.step:terminate:6", "round.written:kill:1", "round.written:kill:2"}) {
    const std::string name = "offline-" + failpoint;
    ASSERT_NE(train(name, "offline", failpoint).exit_code, 0);
    const auto resumed = resume(name);
    ASSERT_EQ(resumed.exit_code, 0) << resumed.standard_error;
    expect_same_bytes(name, "offline", "triplet.safetensors");
    for (const char* file : {"triplets/round_00000.npy", "triplets/round_00001.json", "triplets/round_00002.npy"}) {
      expect_same_bytes(name, "offline", file);
    }
  }
}

TEST_F(TrainPools, RefusesARoundThatIsNoLongerWhatTheCheckpointTrainsOn) {
  ASSERT_EQ(train("changed", "offline", "train.step:kill:8").exit_code, 137);  // checkpoint 6 is in round 1
  const fs::path round = fs::path(path("changed")) / "triplets/round_00001.npy";
  const std::string whole = read_all(round);
  fs::remove(round);
  expect_refused(resume("changed"), "round_00001.npy is missing");
  fs::copy(fs::path(path("changed")) / "triplets/round_00000.npy", round);
  expect_refused(resume("changed"), "round_00001.npy was changed");
  // Follows the message's advice. The network of step 6 selects other triplets than that of step 4 did.
  fs::copy(path("changed"), path("changed-anew"), fs::copy_options::recursive);
  const auto anew = resume("changed-anew", "--allow-inexact-resume");
  EXPECT_EQ(anew.exit_code, 0) << anew.standard_error;
  EXPECT_NE(anew.standard_error.find(path("changed-anew/triplets/round_00001.npy") +
                                     " is missing or was changed, so the round is searched again"),
            std::string::npos)
      << anew.standard_error;
  EXPECT_FALSE(bytes("changed-anew", "triplets/round_00001.npy") == bytes("changed", "triplets/round_00001.npy"));
  // Alternatively, continue from the checkpoint before.
  fs::remove_all(fs::path(path("changed")) / "checkpoints/step-000000006");
  ASSERT_EQ(resume("changed").exit_code, 0);
  EXPECT_TRUE(read_all(round) == whole);
  expect_same_bytes("changed", "offline", "triplet.safetensors");
}

// After such a change, positions in a pool refer to other images.
TEST_F(TrainPools, BeginsAnewWhereThePoolOrTheDataSetHasChanged) {
  fs::copy(path("faces/train"), path("more"), fs::copy_options::recursive);
  fs::copy(*fs::directory_iterator(path("more")), path("more/0 the first"), fs::copy_options::recursive);
  for (const auto& [pool, change] :
       std::vector<std::pair<std::string, std::string>>{{"offline", "dataset.path=" + path("more")},
                                                        {"semi_online", "dataset.path=" + path("more")},
                                                        {"semi_online", "triplet.mining.scale=2"},
                                                        {"semi_online", "triplet.batch.identities=2"},
                                                        {"semi_online", "triplet.mining.pool=offline"},
                                                        {"offline", "triplet.mining.round_steps=3"},
                                                        {"online", "triplet.batch.similar_identities=2"}}) {
    const std::string run = pool + change.substr(change.find('=') + 1, 1) + change.substr(0, change.find('='));
    ASSERT_EQ(train(run, pool, "train.step:kill:8").exit_code, 137) << run;
    EXPECT_EQ(resume(run, change).exit_code, 2) << run;
    const auto resumed = resume(run, change + " --allow-inexact-resume");
    EXPECT_EQ(resumed.exit_code, 0) << resumed.standard_error;
    EXPECT_NE(resumed.standard_error.find("the state of the checkpoint's pool is discarded"), std::string::npos)
        << resumed.standard_error;
    EXPECT_EQ(steps_of(run).size(), 10u) << run;
  }
}

// Similar identities are found by the network at the start of the phase; the network of a later step finds others.
TEST_F(TrainPools, SimilarIdentitiesAreTheSameAfterAKill) {
  const std::string similar = "triplet.batch.similar_identities=2 triplet.optimizer.learning_rate=0.1";
  for (const std::string pool : {"online", "semi_online"}) {
    const std::string whole = "similar-" + pool;
    const auto trained = train(whole, pool, "", similar);
    ASSERT_EQ(trained.exit_code, 0) << trained.standard_error;
    for (const std::string failpoint : {"train.step:kill:2", "train.step:kill:5", "train.step:terminate:7"}) {
      const std::string name = whole + failpoint;
      ASSERT_NE(train(name, pool, failpoint, similar).exit_code, 0);
      ASSERT_EQ(resume(name).exit_code, 0);
      expect_same_bytes(name, whole, "triplet.safetensors");
    }
  }
}

}  // namespace
}  // namespace massface
