#include "telemetry/telemetry.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "telemetry/metrics_file.h"
#include "telemetry/testing_reports.h"

namespace massface {
namespace {

constexpr TelemetryOptions kQuiet{.log_every_steps = 10, .tensorboard = true, .progress = false};

TEST(Telemetry, RecordsEveryTenthStepAndThePhasesLast) {
  const TemporaryFolder run;
  Telemetry telemetry(run.path(), kQuiet, 0);
  for (int64_t step = 1; step <= 25; ++step) telemetry.record(softmax_report(step, 25));
  std::string expected;
  for (const int64_t step : {10, 20, 25}) expected += metrics_line(softmax_report(step, 25)) + "\n";
  EXPECT_EQ(read_text_file(run.path() / "metrics.jsonl"), expected);
  const auto events = read_only_event_file(run.path() / "tensorboard");
  ASSERT_EQ(events.size(), 4u);
  EXPECT_EQ(events[3].step, 25);
  EXPECT_EQ(events[3].scalars.at("softmax/loss"), 6.5f);
}

TEST(Telemetry, RecordsTheStepThatCouldNotBeTaken) {
  const TemporaryFolder run;
  Telemetry telemetry(run.path(), kQuiet, 0);
  StepReport report = softmax_report(7);
  report.loss = std::nan("");
  report.failure = "the loss is not finite";
  telemetry.record(report);
  EXPECT_EQ(read_text_file(run.path() / "metrics.jsonl"), metrics_line(report) + "\n");
  EXPECT_NE(metrics_line(report).find(R"("failure":"the loss is not finite")"), std::string::npos);
}

TEST(Telemetry, RecordsAScalarInBothFiles) {
  const TemporaryFolder run;
  Telemetry telemetry(run.path(), kQuiet, 0);
  telemetry.record_scalar("validation", "validation_accuracy", 40, 0.75);
  EXPECT_EQ(read_text_file(run.path() / "metrics.jsonl"),
            "{\"kind\":\"validation\",\"global_step\":40,\"validation_accuracy\":0.75}\n");
  const auto events = read_only_event_file(run.path() / "tensorboard");
  EXPECT_EQ(events.back().step, 40);
  EXPECT_EQ(events.back().scalars.at("validation_accuracy"), 0.75f);
}

TEST(Telemetry, GoesOnWhereAResumedRunBegins) {
  const TemporaryFolder run;
  {
    Telemetry telemetry(run.path(), kQuiet, 0);
    for (int64_t step = 1; step <= 30; ++step) telemetry.record(softmax_report(step));
  }
  // Leaves one older file, which is removed before the events are read back.
  for (const auto& file : std::filesystem::directory_iterator(run.path() / "tensorboard")) {
    std::filesystem::rename(file.path(), run.path() / "tensorboard" / "older");
  }
  Telemetry telemetry(run.path(), kQuiet, 14);
  std::filesystem::remove(run.path() / "tensorboard" / "older");
  for (int64_t step = 15; step <= 20; ++step) telemetry.record(softmax_report(step));
  EXPECT_EQ(read_text_file(run.path() / "metrics.jsonl"),
            metrics_line(softmax_report(10)) + "\n" + metrics_line(softmax_report(20)) + "\n");
  EXPECT_EQ(read_only_event_file(run.path() / "tensorboard")[1].step, 15);
}

TEST(Telemetry, LeavesOutWhatIsSwitchedOff) {
  const TemporaryFolder run;
  Telemetry(run.path(), {.tensorboard = false, .progress = false}, 0).record(softmax_report(10));
  EXPECT_FALSE(std::filesystem::exists(run.path() / "tensorboard"));
}

TEST(Telemetry, ShowsProgressInAPipeAsLines) {
  const TemporaryFolder run;
  testing::internal::CaptureStderr();
  {
    Telemetry telemetry(run.path(), {.tensorboard = false}, 0);
    for (int64_t step = 1; step <= 25; ++step) telemetry.record(softmax_report(step));
    telemetry.finish();
  }
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            "softmax  20/100  loss 6.5000  accuracy 50.0 %  64.0 images/s  0:40 left\n");
}

TEST(TelemetryOptions, RefuseToRecordEveryZerothStep) {
  TelemetryOptions options;
  OptionTable table;
  options.describe(table);
  EXPECT_THROW(table.set_from_text("log_every_steps", "0", "x"), Error);
}

}  // namespace
}  // namespace massface
