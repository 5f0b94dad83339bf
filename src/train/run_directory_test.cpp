#include "train/run_directory.h"

#include <gtest/gtest.h>

#include "core/error.h"
#include "core/files.h"

namespace massface {
namespace {

namespace fs = std::filesystem;

constexpr const char* kResumedRecipe =
    "seed = 3\n[dataset]\npath = \"faces\"\n"
    "[[phase]]\nname = \"first\"\nepochs = 2\noptimizer.learning_rate = 0.5\n"
    "[[phase]]\nname = \"second\"\nloss = \"triplet\"\nsteps = 10\nbatch.identities = 4\n";

struct RunDirectoryTest : testing::Test {
  RunDirectoryTest() : folder(fs::path(testing::TempDir()) / "massface_run_directory_test") { fs::remove_all(folder); }
  ~RunDirectoryTest() override { fs::remove_all(folder); }
  RunDirectory make_run() {
    const fs::path file = fs::path(testing::TempDir()) / "massface_run_directory_test.toml";
    write_file_atomically(file, kResumedRecipe);
    return create_run_directory(folder, file, read_recipe(file, {}));
  }
  fs::path folder;
};

TEST_F(RunDirectoryTest, IsNeverOverwritten) {
  make_run();
  EXPECT_THROW(make_run(), Error);
}

TEST_F(RunDirectoryTest, CanBeResumedForLongerButNotByAnotherRecipe) {
  const RunDirectory run = make_run();
  EXPECT_EQ(recipe_to_resume(run, "", {"second.steps=99"}, false).phases[1].steps, 99);
  try {
    recipe_to_resume(run, "", {"first.optimizer.learning_rate=0.1"}, false);
    FAIL() << "accepted another recipe";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("first.optimizer.learning_rate: 0.5 in the run, 0.1 now"),
              std::string::npos)
        << error.what();
  }
  EXPECT_EQ(recipe_to_resume(run, "", {"first.optimizer.learning_rate=0.1"}, true).phases[0].optimizer.learning_rate,
            0.1);
  EXPECT_THROW(open_run_directory(folder / "elsewhere"), Error);
  EXPECT_THROW(recipe_to_resume(run, "", {"backbone.name=mobilefacenet"}, true), Error) << "the weights would not fit";
}

}  // namespace
}  // namespace massface
