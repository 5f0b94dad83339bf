#include "train/run_directory.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <mutex>
#include <thread>

#include "core/error.h"
#include "core/files.h"
#include "core/testing_text.h"

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
  LockedRun make_run() {
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

// They decide the defaults of a phase that fine-tunes, and a recipe file need not name them again.
TEST_F(RunDirectoryTest, IsResumedWithTheDefaultsThatItsInitialWeightsGave) {
  const fs::path file = fs::path(testing::TempDir()) / "massface_run_directory_from.toml";
  write_file_atomically(file, "[[phase]]\nname = \"t\"\nloss = \"triplet\"\nsteps = 10\n");
  const LockedRun run = create_run_directory(folder, file, read_recipe(file, {"from=w.safetensors"}));
  const PhaseOptions phase = recipe_to_resume(run, file, {}, false).phases[0];
  EXPECT_EQ(phase.optimizer.learning_rate, 0.005);
  EXPECT_EQ(phase.batch_norm, "running");
}

// The folder is made exclusively and locked before anything is written: the loser of two starts changes nothing.
TEST_F(RunDirectoryTest, IsMadeByOneOfSeveralStarts) {
  const fs::path file = fs::path(testing::TempDir()) / "massface_run_directory_race.toml";
  std::atomic<int> winners{0}, refused{0};
  std::vector<std::thread> starts;
  std::array<int64_t, 8> seed_of_winner{};
  std::mutex mutex;
  std::vector<LockedRun> held;  // the winner keeps training
  for (int64_t seed = 1; seed <= 8; ++seed) {
    starts.emplace_back([&, seed] {
      Recipe recipe;
      recipe.seed = seed;
      recipe.phases.push_back({.name = "first", .steps = 1});
      try {
        const LockedRun run = create_run_directory(folder, file, recipe);
        const std::lock_guard lock(mutex);
        held.push_back(run);
        seed_of_winner[static_cast<size_t>(winners++)] = seed;
      } catch (const Error&) {
        ++refused;
      }
    });
  }
  for (std::thread& start : starts) start.join();
  EXPECT_EQ(winners, 1);
  EXPECT_EQ(refused, 7);
  EXPECT_EQ(read_recipe(folder / "options.toml", {}).seed, seed_of_winner[0]);
}

// It could otherwise neither be resumed, because it has no options, nor begun, because it exists.
TEST_F(RunDirectoryTest, IsBegunWhereAStartWasKilledBeforeItHadWrittenItsOptions) {
  fs::create_directories(folder);
  require_new_run_directory(folder);
  make_run();
  fs::remove(folder / "options.toml");
  write_file_atomically(folder / "options.toml.partial", "see");
  EXPECT_NE(message_of<Error>([&] { open_run_directory(folder); }).find("start the run with --run"), std::string::npos);
  require_new_run_directory(folder);
  make_run();
  EXPECT_EQ(open_run_directory(folder).path, folder);
  EXPECT_FALSE(fs::exists(folder / "options.toml.partial"));

  fs::rename(folder / "options.toml", folder / "notes.txt");
  EXPECT_THROW(require_new_run_directory(folder), Error);
  EXPECT_THROW(make_run(), Error);
  EXPECT_FALSE(fs::exists(folder / "options.toml"));
}

TEST_F(RunDirectoryTest, IsLockedFromItsCreationOn) {
  const LockedRun run = make_run();
  EXPECT_NE(message_of<Error>([&] { LockedRun{open_run_directory(folder)}; }).find("another process is training in"),
            std::string::npos);
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

// The run keeps the points; another file is an override like any other.
TEST_F(RunDirectoryTest, NeedsNoScheduleFile) {
  const fs::path schedule = fs::path(testing::TempDir()) / "massface_moved_schedule.txt";
  const fs::path file = fs::path(testing::TempDir()) / "massface_run_directory_test.toml";
  write_file_atomically(schedule, "0: 0.1\n2: 0.01\n");
  write_file_atomically(
      file, std::string(kResumedRecipe) + "schedule.name = \"file\"\nschedule.file = \"" + schedule.native() + "\"\n");
  const LockedRun run = create_run_directory(folder, file, read_recipe(file, {}));
  EXPECT_EQ(recipe_to_resume(run, file, {}, false).phases[1].schedule.points.size(), 2u);
  fs::remove(schedule);
  const Recipe resumed = recipe_to_resume(run, "", {"second.steps=99"}, false);
  ASSERT_EQ(resumed.phases[1].schedule.points.size(), 2u);
  EXPECT_EQ(resumed.phases[1].schedule.points[1].rate, 0.01);
  write_file_atomically(schedule, "0: 0.1\n2: 0.01\n");
  const std::string other = "second.schedule.file=" + schedule.native();
  EXPECT_EQ(recipe_to_resume(run, "", {other}, false).phases[1].schedule.rates, "0: 0.1, 2: 0.01");
  write_file_atomically(schedule, "0: 0.2\n");
  EXPECT_NE(message_of<Error>([&] {
              recipe_to_resume(run, "", {other}, false);
            }).find("second.schedule.rates: \"0: 0.1, 2: 0.01\" in the run, \"0: 0.2\" now"),
            std::string::npos);
  fs::remove(schedule);
}

}  // namespace
}  // namespace massface
