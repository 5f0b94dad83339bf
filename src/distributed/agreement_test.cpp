#include "distributed/agreement.h"

#include <gtest/gtest.h>

#include <csignal>

#include "core/error.h"
#include "core/stop_signal.h"
#include "distributed/own_address.h"
#include "distributed/testing_processes.h"

namespace massface {
namespace {

// What `together` ends with in 3 processes.
std::vector<std::string> outcomes(const std::function<int64_t(int64_t rank)>& work) {
  return as_processes(3, [&](Processes& processes) -> std::string {
    try {
      return std::to_string(together(processes, [&] { return work(processes.rank()); }));
    } catch (const Interrupted&) {
      return "interrupted";
    } catch (const Error& error) {
      return std::string("error: ") + error.what();
    } catch (const Failure& failure) {
      return std::string("failure: ") + failure.what();
    }
  });
}

TEST(Agreement, AllGoOnIfNoneMetAFault) {
  EXPECT_EQ(outcomes([](int64_t rank) { return rank * 10; }), (std::vector<std::string>{"0", "10", "20"}));
}

TEST(Agreement, AFaultOfOneIsThatOfAllAndNamesIt) {
  const std::string message = "error: rank 1 on " + machine_name() + ": no such file";
  EXPECT_EQ(outcomes([](int64_t rank) -> int64_t {
              if (rank == 1) throw Error("no such file");
              if (rank == 2) throw Failure("another");
              return 0;
            }),
            std::vector<std::string>(3, message));
}

TEST(Agreement, AFaultThatAllMetIsToldPlainly) {
  EXPECT_EQ(outcomes([](int64_t) -> int64_t { throw Failure("the disk is full"); }),
            std::vector<std::string>(3, "failure: the disk is full"));
}

TEST(Agreement, AnInterruptionOfOneIsThatOfAll) {
  EXPECT_EQ(outcomes([](int64_t rank) -> int64_t {
              if (rank == 2) throw Interrupted();
              return 0;
            }),
            std::vector<std::string>(3, "interrupted"));
}

TEST(Agreement, ASignalCountsOnceAllKnowOfIt) {
  const auto results = as_processes(2, [](Processes& processes) -> std::string {
    const StopSignal stop(StopSignal::Counts::kWhenAgreed);
    std::string told = agree_on_stop(processes) ? "too early " : "";
    if (processes.rank() == 1) std::raise(SIGUSR1);
    if (stop.received() != 0 || stop_was_asked_for()) told += "alone ";
    if (agree_on_stop(processes) && stop.received() == SIGUSR1 && stop_was_asked_for()) told += "agreed";
    return told;
  });
  EXPECT_EQ(results, std::vector<std::string>(2, "agreed"));
}

TEST(Agreement, FactsThatDifferAreNamed) {
  const auto results = as_processes(3, [](Processes& processes) -> std::string {
    require_same_facts(processes, {{"binary", "a"}, {"seed", "1"}});
    require_same_facts(processes, {{"binary", "a"}, {"seed", processes.rank() == 2 ? "7" : "1"}});
    return "same";
  });
  const std::string host = machine_name();
  EXPECT_EQ(results, std::vector<std::string>(
                         3, "the processes of one training must be alike, but the seed differs: 1 of rank 0 on " +
                                host + ", 7 of rank 2 on " + host));
}

TEST(Agreement, TextsTravelIfAnyHasOne) {
  const auto results = as_processes(2, [](Processes& processes) -> std::string {
    if (!exchange_if_any(processes, "").empty()) return "something";
    const auto texts = exchange_if_any(processes, processes.rank() == 1 ? "one" : "");
    return fmt::format("{}|{}|{}", texts[0], texts[1], processes.from_first(processes.is_first() ? "first" : "?"));
  });
  EXPECT_EQ(results, std::vector<std::string>(2, "|one|first"));
}

TEST(Agreement, AMessageThatTheFirstTellsTooIsKnown) {
  const auto results = as_processes(3, [](Processes& processes) -> std::string {
    return processes.is_told_by_first(processes.rank() == 1 ? "mine" : "the same") ? "told" : "tell";
  });
  EXPECT_EQ(results, (std::vector<std::string>{"tell", "tell", "told"}));
}

}  // namespace
}  // namespace massface
