#include "distributed/processes.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <csignal>
#include <thread>

#include "core/error.h"
#include "core/testing_text.h"
#include "distributed/own_address.h"
#include "distributed/testing_processes.h"

namespace massface {
namespace {

using namespace std::chrono_literals;

TEST(Processes, OneIsTheTrivialCase) {
  const auto alone = single_process();
  EXPECT_TRUE(alone->is_first());
  EXPECT_EQ(alone->size(), 1);
  Tensor values = at::arange(4, at::kFloat);
  alone->sum(values);
  EXPECT_TRUE(at::equal(values, at::arange(4, at::kFloat)));
  EXPECT_TRUE(at::equal(alone->gather(values), values));
  EXPECT_EQ(alone->exchange("text"), std::vector<std::string>{"text"});
}

TEST(Processes, SumToTheSameBitsEverywhere) {
  for (const int64_t size : {2, 3, 4}) {
    const auto results = as_processes(size, [](Processes& processes) {
      Tensor values = at::arange(1000, at::kFloat) * 0.1f * static_cast<float>(processes.rank() + 1);
      Tensor counts = at::full({3}, processes.rank(), at::kLong);
      processes.sum(values);
      processes.sum(counts);
      const auto n = static_cast<float>(processes.size());
      const Tensor expected = at::arange(1000, at::kFloat) * 0.1f * (n * (n + 1) / 2);
      if (!at::allclose(values, expected, 1e-6)) return std::string("wrong sums");
      if (counts[1].item<int64_t>() != processes.size() * (processes.size() - 1) / 2)
        return std::string("wrong counts");
      return std::string(static_cast<const char*>(values.const_data_ptr()), 4000);
    });
    for (const std::string& bits : results) {
      EXPECT_EQ(bits.size(), 4000u) << bits;
      EXPECT_EQ(bits, results[0]);
    }
  }
}

TEST(Processes, GatherRowsInTheOrderOfRanks) {
  const auto results = as_processes(3, [](Processes& processes) {
    const Tensor all = processes.gather(at::full({2, 5}, processes.rank(), at::kFloat));
    const Tensor expected = at::arange(3, at::kFloat).repeat_interleave(2).unsqueeze(1).expand({6, 5});
    return std::string(at::equal(all, expected) ? "equal" : "other");
  });
  EXPECT_EQ(results, std::vector<std::string>(3, "equal"));
}

TEST(Processes, ExchangeTextsOfAnyLength) {
  const auto results = as_processes(3, [](Processes& processes) {
    const auto texts = processes.exchange(std::string(static_cast<size_t>(processes.rank() * 7), 'x'));
    return fmt::format("{} {} {}", texts[0].size(), texts[1].size(), texts[2].size());
  });
  EXPECT_EQ(results, std::vector<std::string>(3, "0 7 14"));
}

TEST(Processes, AMemberThatIsStoppedIsAFailureOfTheOthersAfterTheTimeOut) {
  const auto results = as_processes(
      3,
      [](Processes& processes) -> std::string {
        processes.now_at("step 7");
        const std::vector<std::string> ids = processes.exchange(std::to_string(::getpid()));
        if (processes.rank() == 1) std::raise(SIGSTOP);
        try {
          Tensor values = at::ones({10});
          processes.sum(values);
        } catch (const Failure& failure) {
          processes.is_told_by_first("");  // waits for the other, which still has to look
          if (processes.is_first()) ::kill(std::stoi(ids[1]), SIGKILL);
          return failure.what();
        }
        return "summed";
      },
      1500ms);
  const std::string waited = ", at step 7, waited for a sum, but rank 1 on " + machine_name();
  EXPECT_NE(results[0].find(waited + " has not answered for"), std::string::npos) << results[0];
  // The last one may notice only when it has been killed.
  EXPECT_NE(results[2].find(waited + " has "), std::string::npos) << results[2];
}

TEST(Processes, AMemberThatOnlyComputesForLongIsWaitedFor) {
  const auto results = as_processes(
      2,
      [](Processes& processes) -> std::string {
        processes.exchange("all are connected");
        if (processes.rank() == 1) std::this_thread::sleep_for(3s);
        Tensor values = at::ones({10});
        processes.sum(values);
        return "summed";
      },
      1000ms);
  EXPECT_EQ(results, std::vector<std::string>(2, "summed"));
}

TEST(Processes, AMemberThatLeavesIsAFailureOfTheOthersWithinTheTimeOut) {
  const auto results = as_processes(
      3,
      [](Processes& processes) -> std::string {
        processes.exchange("all are connected");
        if (processes.rank() == 1) return "left";
        Tensor values = at::ones({10});
        processes.sum(values);
        return "summed";
      },
      1500ms);
  EXPECT_EQ(results[1], "left");
  for (const size_t rank : {0, 2}) {
    EXPECT_NE(results[rank].find(fmt::format("rank {} of 3 on {}", rank, machine_name())), std::string::npos)
        << results[rank];
    EXPECT_NE(results[rank].find("waited for a sum, but rank 1 on " + machine_name() + " has gone"), std::string::npos)
        << results[rank];
  }
}

TEST(Processes, OfOneThatIsKilledWithTheStoreOnlyItselfIsNamed) {
  const auto results = as_processes(
      3,
      [](Processes& processes) -> std::string {
        processes.exchange("all are connected");
        if (processes.is_first()) std::raise(SIGKILL);
        Tensor values = at::ones({10});
        processes.sum(values);
        return "summed";
      },
      1500ms, StoreOf::kFirst);
  for (const size_t rank : {1, 2}) {
    const std::string expected =
        fmt::format("waited for a sum, but rank 0 on {}, which holds the store at 127.0.0.1:", machine_name());
    EXPECT_NE(results[rank].find(expected), std::string::npos) << results[rank];
    EXPECT_NE(results[rank].find(", has gone"), std::string::npos) << results[rank];
    EXPECT_EQ(results[rank].find(fmt::format("rank {} on", 3 - rank)), std::string::npos) << results[rank];
  }
}

TEST(Processes, SeveralThatLeaveAreAllNamed) {
  const auto results = as_processes(
      4,
      [](Processes& processes) -> std::string {
        processes.exchange("all are connected");
        if (processes.rank() % 2 == 1) std::raise(SIGKILL);
        Tensor values = at::ones({10});
        processes.sum(values);
        return "summed";
      },
      1500ms);
  const std::string expected = fmt::format("but rank 1 on {0} and rank 3 on {0} have gone", machine_name());
  for (const size_t rank : {0, 2}) EXPECT_NE(results[rank].find(expected), std::string::npos) << results[rank];
}

std::string message_of_joining(const Membership& membership, std::chrono::milliseconds timeout) {
  try {
    join_processes(membership, "", timeout);
  } catch (const std::exception& error) {
    return error.what();
  }
  return "";
}

TEST(Processes, ARankThatNeverComesIsNamed) {
  const StoreServer store;
  const Membership first{
      .rank = 0, .size = 3, .host = "127.0.0.1", .port = store.port(), .store_is_open = true, .from = "a test"};
  const std::string message = message_of_joining(first, 500ms);
  EXPECT_NE(message.find("for rank 1, 2, which did not come"), std::string::npos) << message;
}

TEST(Processes, TwoWithTheSameRankAreRefused) {
  const StoreServer store;
  const Membership member{
      .rank = 1, .size = 2, .host = "127.0.0.1", .port = store.port(), .store_is_open = true, .from = "a test"};
  EXPECT_NE(message_of_joining(member, 100ms).find("for rank 0, which did not come"), std::string::npos);
  const std::string message = message_of_joining(member, 100ms);
  EXPECT_NE(message.find("both say that they are rank 1 of 2"), std::string::npos) << message;
}

TEST(Processes, AStoreThatCannotBeReachedIsNamed) {
  const Membership member{.rank = 1, .size = 2, .host = "127.0.0.1", .port = 1, .from = "--rendezvous"};
  const std::string message = message_of_joining(member, 500ms);
  EXPECT_NE(message.find("could not reach 127.0.0.1:1, where the processes should meet (from --rendezvous)"),
            std::string::npos)
      << message;
  Membership lost = member;
  lost.host = "no-such-host.invalid";
  EXPECT_NE(
      message_of_joining(lost, 500ms).find("no-such-host.invalid, where the processes should meet, does not resolve"),
      std::string::npos);
}

TEST(OwnAddress, IsTheOneThatReachesTheOther) {
  EXPECT_EQ(own_address_towards("127.0.0.1", 80), "127.0.0.1");
  EXPECT_TRUE(is_loopback("127.0.1.1"));
  EXPECT_TRUE(is_loopback("::1"));
  EXPECT_FALSE(is_loopback("10.127.0.1"));
}

}  // namespace
}  // namespace massface
