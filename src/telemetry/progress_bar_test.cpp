#include "telemetry/progress_bar.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>

#include "core/log.h"
#include "telemetry/testing_reports.h"

namespace massface {
namespace {

constexpr const char* kWipe = "\r\x1b[K";

struct ProgressBarTest : testing::Test {
  ProgressOutput terminal(int columns) {
    return {.redraw = true,
            .columns = [columns] { return columns; },
            .write = [this](std::string_view text) { shown += text; }};
  }
  ProgressOutput pipe() {
    return {.write = [this](std::string_view text) { shown += text; }};
  }
  std::string shown;
};

// Without an accuracy, which most of these tests have no use for.
StepReport plain_report(int64_t step, int64_t steps = 100) {
  StepReport report = softmax_report(step, steps);
  report.accuracy.reset();
  return report;
}

TEST(DurationText, CountsInMinutesAndHours) {
  EXPECT_EQ(duration_text(7.4), "0:07");
  EXPECT_EQ(duration_text(754), "12:34");
  EXPECT_EQ(duration_text(3599.6), "1:00:00");
  EXPECT_EQ(duration_text(90061), "25:01:01");
  EXPECT_EQ(duration_text(1.0 / 0.0), "?");
}

TEST_F(ProgressBarTest, DrawsOneLineOverAndOverOnATerminal) {
  {
    ProgressBar bar(terminal(100));
    bar.show(plain_report(25));
    bar.show(plain_report(50));
    EXPECT_EQ(shown, std::string(kWipe) +
                         "softmax  25/100 [======>                 ]  loss 6.5000  64.0 images/s  0:38 left" + kWipe +
                         "softmax  50/100 [============>           ]  loss 6.5000  64.0 images/s  0:25 left");
    shown.clear();
    bar.show(plain_report(100));
    EXPECT_EQ(shown,
              std::string(kWipe) + "softmax  100/100 [========================]  loss 6.5000  64.0 images/s  done\n");
    shown.clear();
  }
  EXPECT_EQ(shown, "");  // the line has ended already
}

TEST_F(ProgressBarTest, EndsItsLineWhenARunStopsInTheMiddle) {
  ProgressBar bar(terminal(100));
  bar.show(plain_report(25));
  shown.clear();
  bar.finish();
  bar.finish();
  EXPECT_EQ(shown, "\n");
}

TEST_F(ProgressBarTest, StaysWithinTheTerminalsWidth) {
  for (const auto& [columns, expected] : std::vector<std::pair<int, std::string>>{
           {82, "softmax  25/100 [======>                 ]  loss 6.5000  64.0 images/s  0:38 left"},
           {70, "softmax  25/100 [===>        ]  loss 6.5000  64.0 images/s  0:38 left"},
           {64, "softmax  25/100 [=>    ]  loss 6.5000  64.0 images/s  0:38 left"},
           {63, "softmax  25/100  loss 6.5000  64.0 images/s  0:38 left"},
           {30, "softmax  25/100  loss 6.5000 "},
           {1, ""}}) {
    shown.clear();
    ProgressBar bar(terminal(columns));
    bar.show(plain_report(25));
    EXPECT_EQ(shown, kWipe + expected) << columns;
  }
  StepReport report = plain_report(25);
  report.phase = "\xc3\xa9\xc3\xa9";
  shown.clear();
  ProgressBar(terminal(4)).show(report);
  EXPECT_EQ(shown, kWipe + std::string("\xc3\xa9\n"));  // three bytes would end within a character
}

TEST_F(ProgressBarTest, DrawsTenTimesASecondAtMost) {
  ProgressBar bar(terminal(100));
  StepReport report = plain_report(1, 1000);
  report.step_seconds = 0.03125;
  int drawn = 0;
  for (int step = 1; step <= 32; ++step) {  // one second
    shown.clear();
    report.step = step;
    bar.show(report);
    if (!shown.empty()) ++drawn;
  }
  EXPECT_EQ(drawn, 8);  // the first, and then one in four
}

TEST_F(ProgressBarTest, WritesALineEveryTenSecondsToAPipe) {
  ProgressBar bar(pipe());
  for (int64_t step = 1; step <= 59; ++step) bar.show(plain_report(step, 59));  // half a second each
  EXPECT_EQ(shown,
            "softmax  20/59  loss 6.5000  64.0 images/s  0:20 left\n"
            "softmax  40/59  loss 6.5000  64.0 images/s  0:10 left\n"
            "softmax  59/59  loss 6.5000  64.0 images/s  done\n");
}

TEST_F(ProgressBarTest, TakesItsSpeedFromTheLastFiftySteps) {
  ProgressBar bar(pipe());
  StepReport report = plain_report(1, 152);
  report.step_seconds = 10;  // a slow start: 3.2 images/s
  bar.show(report);
  report.step = 2;
  shown.clear();
  bar.show(report);
  EXPECT_EQ(shown, "softmax  2/152  loss 6.5000  3.2 images/s  25:00 left\n");
  report.step_seconds = 0.25;
  for (report.step = 3; report.step <= 42; ++report.step) bar.show(report);
  shown.clear();
  for (report.step = 43; report.step <= 82; ++report.step) bar.show(report);
  EXPECT_EQ(shown, "softmax  82/152  loss 6.5000  128.0 images/s  0:18 left\n");
}

TEST_F(ProgressBarTest, ShowsTheMeanAccuracyAndTheMeanPartOfActiveTriplets) {
  ProgressBar bar(pipe());
  StepReport report = plain_report(1, 2);
  report.step_seconds = 1;
  report.accuracy = 0.25;
  bar.show(report);
  report.step = 2;
  report.accuracy = 0.5;
  bar.show(report);
  EXPECT_EQ(shown, "softmax  2/2  loss 6.5000  accuracy 37.5 %  32.0 images/s  done\n");
  shown.clear();
  StepReport triplet = triplet_report(1);
  triplet.steps = 1;
  triplet.step_seconds = 1;
  triplet.triplet->selected = 40;
  triplet.triplet->active = 10;
  bar.show(triplet);
  EXPECT_EQ(shown, "triplet  1/1  loss 6.5000  active 25 %  32.0 images/s  done\n");
}

TEST_F(ProgressBarTest, StartsAnewWithAPhase) {
  ProgressBar bar(pipe());
  StepReport slow = plain_report(1, 1);
  slow.step_seconds = 10;
  bar.show(slow);
  shown.clear();
  StepReport fast = triplet_report(1);
  fast.steps = 1;
  bar.show(fast);
  EXPECT_EQ(shown, "triplet  1/1  loss 6.5000  active 25 %  64.0 images/s  done\n");
}

TEST_F(ProgressBarTest, MakesWayForALogLine) {
  testing::internal::CaptureStderr();
  {
    ProgressOutput output = terminal(40);
    output.write = [](std::string_view text) { EXPECT_EQ(::write(2, text.data(), text.size()), ssize_t(text.size())); };
    ProgressBar bar(output);
    log_info("before");
    bar.show(plain_report(25));
    log_info("a message");
    bar.finish();
    log_info("after");
  }
  const std::string line = "softmax  25/100  loss 6.5000  64.0 imag";
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            std::string("before\n") + kWipe + line + kWipe + "a message\n" + kWipe + line + "\nafter\n");
}

TEST_F(ProgressBarTest, DrawsNothingWhileALogLineOfAnotherThreadPasses) {
  ProgressBar bar(terminal(40));
  bar.show(plain_report(25));
  bar.make_way(true);
  shown.clear();
  bar.show(plain_report(26));
  EXPECT_EQ(shown, "");
  bar.make_way(false);
  EXPECT_EQ(shown, kWipe + std::string("softmax  26/100  loss 6.5000  64.0 imag"));
}

TEST(StandardErrorProgress, IsNotRedrawnInAPipe) {
  testing::internal::CaptureStderr();
  EXPECT_FALSE(standard_error_progress().redraw);
  testing::internal::GetCapturedStderr();
}

// Standard error as a terminal of 57 columns, whatever the test itself runs in.
class PseudoTerminal {
 public:
  PseudoTerminal() : saved_(::dup(2)), master_(::posix_openpt(O_RDWR | O_NOCTTY)) {
    if (master_ < 0 || ::grantpt(master_) != 0 || ::unlockpt(master_) != 0) return;
    const int slave = ::open(::ptsname(master_), O_RDWR | O_NOCTTY);
    if (slave < 0) return;
    const winsize size{.ws_row = 24, .ws_col = 57};
    ::ioctl(slave, TIOCSWINSZ, &size);
    ::dup2(slave, 2);
    ::close(slave);
    works_ = true;
  }
  ~PseudoTerminal() {
    ::dup2(saved_, 2);
    ::close(saved_);
    ::close(master_);
  }
  bool works() const { return works_; }

 private:
  int saved_;
  int master_;
  bool works_ = false;
};

TEST(StandardErrorProgress, IsRedrawnOnATerminalUnlessItIsDumbOrCi) {
  const PseudoTerminal terminal;
  if (!terminal.works()) GTEST_SKIP() << "this system has no pseudo terminals";
  ::unsetenv("CI");
  ::setenv("TERM", "xterm", 1);
  EXPECT_TRUE(standard_error_progress().redraw);
  EXPECT_EQ(standard_error_progress().columns(), 57);
  ::setenv("TERM", "dumb", 1);
  EXPECT_FALSE(standard_error_progress().redraw);
  ::setenv("TERM", "xterm", 1);
  ::setenv("CI", "true", 1);
  EXPECT_FALSE(standard_error_progress().redraw);
  ::unsetenv("CI");
}

}  // namespace
}  // namespace massface
