#include "distributed/processors.h"

#include <gtest/gtest.h>

#include "core/threads.h"
#include "distributed/testing_processes.h"

namespace massface {
namespace {

using List = std::vector<int>;

TEST(Processors, AreDivided) {
  const List all = {2, 3, 5, 7, 11, 13};
  EXPECT_EQ(processors_of(0, 1, all, 6), all);
  EXPECT_EQ(processors_of(0, 2, all, 6), (List{2, 3, 5}));
  EXPECT_EQ(processors_of(1, 2, all, 6), (List{7, 11, 13}));
  EXPECT_EQ(processors_of(0, 4, all, 6), (List{2}));
  EXPECT_EQ(processors_of(1, 4, all, 6), (List{3, 5}));
}

TEST(Processors, AreSharedIfThereAreFewerThanProcesses) {
  EXPECT_EQ(processors_of(0, 3, {4, 6}, 2), (List{4}));
  EXPECT_EQ(processors_of(1, 3, {4, 6}, 2), (List{6}));
  EXPECT_EQ(processors_of(2, 3, {4, 6}, 2), (List{4}));
}

TEST(Processors, ThatTheQuotaDoesNotCoverAreLeftOut) {
  const List all = {0, 1, 2, 3, 4, 5, 6, 7};
  EXPECT_EQ(processors_of(0, 2, all, 4), (List{0, 2}));
  EXPECT_EQ(processors_of(1, 2, all, 4), (List{4, 6}));
}

// As a launcher leaves them that does not divide them: each process may use all.
TEST(Processors, AreDividedAmongProcessesThatMayUseTheSame) {
  const std::vector<int> all = own_processors();
  const auto results = as_processes(2, [](Processes&) {
    std::string text;
    for (const int processor : own_processors()) text += std::to_string(processor) + " ";
    return text;
  });
  std::string expected[2];
  for (const int64_t rank : {0, 1}) {
    for (const int processor : processors_of(rank, 2, all, available_cores())) {
      expected[rank] += std::to_string(processor) + " ";
    }
    EXPECT_EQ(results[static_cast<size_t>(rank)], expected[rank]);
  }
}

}  // namespace
}  // namespace massface
