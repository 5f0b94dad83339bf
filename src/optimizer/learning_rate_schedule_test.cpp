#include "optimizer/learning_rate_schedule.h"

#include <gtest/gtest.h>

#include <functional>

#include "core/error.h"
#include "core/files.h"

namespace massface {
namespace {

// The rate in a phase of 100 steps with epochs of 10 steps and a base rate of 0.8.
double rate_at(const ScheduleOptions& options, int64_t step) { return learning_rate_at(options, 0.8, step, 100, 10); }

TEST(LearningRateSchedule, ConstantStays) {
  const ScheduleOptions options{.name = "constant"};
  EXPECT_EQ(rate_at(options, 0), 0.8);
  EXPECT_EQ(rate_at(options, 99), 0.8);
}

TEST(LearningRateSchedule, StepMultipliesEverySoManyEpochs) {
  const ScheduleOptions options{.name = "step", .step_epochs = 3, .step_factor = 0.5};
  EXPECT_EQ(rate_at(options, 0), 0.8);
  EXPECT_EQ(rate_at(options, 29), 0.8);
  EXPECT_EQ(rate_at(options, 30), 0.4);
  EXPECT_EQ(rate_at(options, 60), 0.2);
  EXPECT_EQ(rate_at(options, 99), 0.1);
}

TEST(LearningRateSchedule, CosineFallsAlongHalfACosine) {
  const ScheduleOptions options{.name = "cosine"};
  EXPECT_EQ(rate_at(options, 0), 0.8);
  EXPECT_NEAR(rate_at(options, 25), 0.8 * 0.8535533905932737, 1e-15);
  EXPECT_NEAR(rate_at(options, 50), 0.4, 1e-15);
  EXPECT_NEAR(rate_at(options, 99), 0.8 * 0.000246719817134, 1e-12);
  EXPECT_NEAR(rate_at(options, 100), 0.0, 1e-15);
}

TEST(LearningRateSchedule, CosineEndsAtItsFinalFraction) {
  const ScheduleOptions options{.name = "cosine", .final_fraction = 0.25};
  EXPECT_EQ(rate_at(options, 0), 0.8);
  EXPECT_NEAR(rate_at(options, 50), 0.5, 1e-15);
  EXPECT_NEAR(rate_at(options, 100), 0.2, 1e-15);
}

TEST(LearningRateSchedule, PolynomialFallsWithAPowerOfWhatIsLeft) {
  const ScheduleOptions options{.name = "polynomial", .warmup_steps = 20, .final_fraction = 0.25, .power = 3};
  EXPECT_NEAR(rate_at(options, 9), 0.4, 1e-15);
  EXPECT_NEAR(rate_at(options, 20), 0.8, 1e-15);
  EXPECT_NEAR(rate_at(options, 60), 0.8 * (0.25 + 0.75 * 0.125), 1e-15);
  EXPECT_NEAR(rate_at(options, 100), 0.2, 1e-15);
}

TEST(LearningRateSchedule, WarmsUpInAStraightLineToTheCosinesTop) {
  const ScheduleOptions options{.name = "cosine", .warmup_steps = 20};
  EXPECT_NEAR(rate_at(options, 0), 0.04, 1e-15);
  EXPECT_NEAR(rate_at(options, 9), 0.4, 1e-15);
  EXPECT_NEAR(rate_at(options, 19), 0.8, 1e-15);
  EXPECT_NEAR(rate_at(options, 20), 0.8, 1e-15);
  EXPECT_NEAR(rate_at(options, 60), 0.4, 1e-15);  // half of the 80 that are left
}

TEST(LearningRateSchedule, IsFiniteWhereTheWarmUpIsLongerThanThePhase) {
  const ScheduleOptions options{.name = "cosine", .warmup_steps = 200};
  EXPECT_NEAR(rate_at(options, 99), 0.4, 1e-15);
}

struct ScheduleFile : testing::Test {
  std::string write(const std::string& text) {
    const std::string path = testing::TempDir() + "massface_schedule_test.txt";
    write_file_atomically(path, text);
    return path;
  }
  // The message without the folder.
  std::string message_of(const std::string& text) {
    const std::string path = write(text);
    try {
      read_schedule_file(path);
    } catch (const Error& error) {
      return std::string(error.what()).substr(path.size() - std::string("schedule_test.txt").size());
    }
    return "no error";
  }
};

TEST_F(ScheduleFile, GivesARateFromItsEpochOn) {
  ScheduleOptions options{.name = "file", .warmup_steps = 2};
  options.file = write("# FaceNet's manner\n0: 0.1\r\n\n  3 : 1e-2  # lower\n7:0\n");
  options.load_points();
  EXPECT_EQ(rate_at(options, 0), 0.05);
  EXPECT_EQ(rate_at(options, 1), 0.1);
  EXPECT_EQ(rate_at(options, 29), 0.1);
  EXPECT_EQ(rate_at(options, 30), 0.01);
  EXPECT_EQ(rate_at(options, 69), 0.01);
  EXPECT_EQ(rate_at(options, 70), 0.0);
}

TEST_F(ScheduleFile, NamesFileAndLineOfAMistake) {
  EXPECT_EQ(message_of("0: 0.1\nfour: 0.01\n"),
            "schedule_test.txt:2: expected `epoch: rate`, for example `4: 0.01`, found 'four: 0.01'");
  EXPECT_EQ(message_of("0: 0.1\n\n4 0.01"),
            "schedule_test.txt:3: expected `epoch: rate`, for example `4: 0.01`, found '4 0.01'");
  EXPECT_EQ(message_of("0: 0.1x"),
            "schedule_test.txt:1: expected `epoch: rate`, for example `4: 0.01`, found '0: 0.1x'");
  EXPECT_EQ(message_of("0: 0.1\n4: -1\n"), "schedule_test.txt:2: the rate must be a number of at least 0, found -1");
  EXPECT_EQ(message_of("0: nan\n"), "schedule_test.txt:1: the rate must be a number of at least 0, found nan");
  EXPECT_EQ(message_of("2: 0.1\n"), "schedule_test.txt:1: the first line must have epoch 0, found 2");
  EXPECT_EQ(message_of("0: 0.1\n4: 0.2\n4: 0.3\n"), "schedule_test.txt:3: epochs must ascend, found 4 after 4");
  EXPECT_EQ(message_of("# nothing\n"), "schedule_test.txt: contains no `epoch: rate` line");
}

TEST_F(ScheduleFile, IsNotNeededOnceItsPointsAreLoaded) {
  ScheduleOptions options{.name = "file"};
  options.file = write("0: 0.1\n3: 1e-7  # lower\n7:0\n");
  options.load_points();
  EXPECT_EQ(options.file, "");
  EXPECT_EQ(options.rates, "0: 0.1, 3: 1e-07, 7: 0");
  ScheduleOptions again{.name = "file", .rates = options.rates};
  again.load_points();
  EXPECT_EQ(again.rates, options.rates);
  EXPECT_EQ(rate_at(again, 30), 1e-7);
  again.file = "both";
  EXPECT_THROW(again.load_points(), Error);
  for (const char* wrong : {"1: 0.1", "0: 0.1, ", "0: 0.1; 4: 0.2", "0: 0.1, 0: 0.2", "x"}) {
    EXPECT_THROW(parse_rates(wrong), Error) << wrong;
  }
}

TEST_F(ScheduleFile, IsAskedForByName) {
  ScheduleOptions options{.name = "file"};
  EXPECT_THROW(options.load_points(), Error);
  options.file = "/nonexistent/schedule.txt";
  EXPECT_THROW(options.load_points(), Error);
  options.name = "constant";
  options.load_points();  // not read at all
  EXPECT_TRUE(options.points.empty());
}

}  // namespace
}  // namespace massface
