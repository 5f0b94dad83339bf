#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "cli/testing_runs.h"

namespace massface {
namespace {

namespace fs = std::filesystem;

// A training whose data set is moved, changed or of the wrong size.
class TrainData : public SmallRuns {
 protected:
  static void SetUpTestSuite() {
    SmallRuns::SetUpTestSuite();
    write_recipe("small", "[[phase]]\nname = \"softmax\"\nsteps = 8\nbatch.size = 6\noptimizer.learning_rate = 0.05\n");
    const auto trained = train("--run " + path("undisturbed"));
    ASSERT_EQ(trained.exit_code, 0) << trained.standard_error;
  }

  static ProgramResult train(const std::string& arguments, const std::string& environment = "") {
    return run_massface("train " + path("small.toml") + " " + arguments, environment);
  }
};

TEST_F(TrainData, ContinuesAfterItsListWasRemoved) {
  std::ofstream list(path("faces") + "/list.txt");
  for (const auto& file : fs::recursive_directory_iterator(path("faces") + "/train")) {
    if (!file.is_regular_file()) continue;
    const fs::path below = file.path().lexically_relative(path("faces"));
    list << below.native() << " " << below.parent_path().filename().native() << "\n";
  }
  list.close();
  const std::string option = " dataset.path=" + path("faces") + "/list.txt";
  ASSERT_EQ(train("--run " + path("listed") + option).exit_code, 0);
  ASSERT_EQ(train("--run " + path("list-killed") + option, "MASSFACE_FAILPOINT=train.step:kill:5").exit_code, 137);
  fs::remove(path("faces") + "/list.txt");
  const auto resumed = resume("list-killed");
  ASSERT_EQ(resumed.exit_code, 0) << resumed.standard_error;
  expect_same_bytes("list-killed", "listed", "softmax.safetensors");
}

TEST_F(TrainData, NamesTheOptionForADataSetThatWasMoved) {
  fs::copy(path("faces") + "/train", path("old-place"), fs::copy_options::recursive);
  ASSERT_EQ(
      train("--run " + path("moved") + " dataset.path=" + path("old-place"), "MASSFACE_FAILPOINT=train.step:kill:5")
          .exit_code,
      137);
  fs::rename(path("old-place"), path("new-place"));
  expect_refused(resume("moved"), "old-place is no longer there, which " + path("moved") +
                                      " trains on. If it was moved, name its new place: massface train --resume " +
                                      path("moved") + " dataset.path=NEW");
  const auto resumed = resume("moved", "dataset.path=" + path("new-place"));
  ASSERT_EQ(resumed.exit_code, 0) << resumed.standard_error;
  expect_same_bytes("moved", "undisturbed", "softmax.safetensors");
}

TEST_F(TrainData, SaysHowManyPeopleThereWereIfOneIsAdded) {
  fs::copy(path("faces") + "/train", path("growing"), fs::copy_options::recursive);
  ASSERT_EQ(train("--run " + path("grown") + " dataset.path=" + path("growing"), "MASSFACE_FAILPOINT=train.step:kill:5")
                .exit_code,
            137);
  fs::copy(fs::directory_iterator(path("growing"))->path(), path("growing") + "/zoe", fs::copy_options::recursive);
  const auto refused = resume("grown");
  expect_refused(refused, "dataset: 12 people, 60 images (");
  expect_refused(refused, "13 people, 65 images (");
}

TEST_F(TrainData, TakesARecipeWhosePathContainsAnEqualsSign) {
  fs::create_directories(path("a=b"));
  fs::copy(path("small.toml"), path("a=b/c=d.toml"));
  const auto trained = run_massface("train " + path("a=b/c=d.toml") + " softmax.steps=2 --run " + path("equals"));
  EXPECT_EQ(trained.exit_code, 0) << trained.standard_error;
}

TEST_F(TrainData, FindsAnImageOfAnotherSizeBeforeItBegins) {
  fs::copy(path("faces") + "/train", path("sizes"), fs::copy_options::recursive);
  const auto refused = train("--run " + path("sized") + " pipeline.resize=false dataset.path=" + path("sizes"));
  expect_refused(refused, "112 x 112 pixels (width x height), but the network takes 32 x 32");
  expect_refused(refused, "pipeline.center_crop=true");
  EXPECT_FALSE(fs::exists(path("sized")));
  const auto cropped = train("--run " + path("cropped") + " pipeline.resize=false pipeline.center_crop=true");
  EXPECT_EQ(cropped.exit_code, 0) << cropped.standard_error;
  expect_refused(train("--run " + path("both") + " pipeline.center_crop=true"), "choose one");
}

}  // namespace
}  // namespace massface
