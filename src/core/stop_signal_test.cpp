#include "core/stop_signal.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <utility>

namespace massface {
namespace {

TEST(StopSignal, AsksToStopByEverySignalThatEndsAJob) {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGXCPU}) {
    const StopSignal stop;
    EXPECT_EQ(stop.received(), 0);
    std::raise(signal);
    EXPECT_EQ(stop.received(), signal);
    EXPECT_TRUE(stop_was_asked_for());
  }
  EXPECT_FALSE(stop_was_asked_for());
}

// A closed terminal sends SIGHUP twice; service managers send it right after SIGTERM; SLURM sends SIGTERM after
// SIGUSR1.
TEST(StopSignal, OutlivesTheSignalsThatFollowTheFirst) {
  for (const auto& [first, second] :
       {std::pair{SIGHUP, SIGHUP}, std::pair{SIGTERM, SIGHUP}, std::pair{SIGUSR1, SIGTERM}}) {
    const StopSignal stop;
    std::raise(first);
    std::raise(second);
    EXPECT_EQ(stop.received(), second);
  }
}

TEST(StopSignalDeathTest, EndsTheProcessByASecondInterrupt) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto interrupt_twice = [] {
    const StopSignal stop;
    std::raise(SIGINT);
    std::raise(SIGTERM);
  };
  EXPECT_EXIT(interrupt_twice(), testing::KilledBySignal(SIGTERM), "");
}

TEST(StopSignal, LeavesNohupAlone) {
  std::signal(SIGHUP, SIG_IGN);
  {
    const StopSignal stop;
    std::raise(SIGHUP);
    EXPECT_EQ(stop.received(), 0);
  }
  EXPECT_EQ(std::signal(SIGHUP, SIG_DFL), SIG_IGN);
}

TEST(ConsoleMayVanish, TurnsABrokenPipeIntoAnError) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  ::close(ends[0]);
  {
    const ConsoleMayVanish console;
    EXPECT_EQ(::write(ends[1], "x", 1), -1);
    EXPECT_EQ(errno, EPIPE);
  }
  EXPECT_EQ(std::signal(SIGPIPE, SIG_DFL), SIG_DFL);
  ::close(ends[1]);
}

}  // namespace
}  // namespace massface
