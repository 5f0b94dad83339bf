#include <gtest/gtest.h>

#include "distributed/testing_processes.h"
#include "mining/approximate_search.h"
#include "mining/mine_triplets.h"
#include "mining/testing_pools.h"

namespace massface {
namespace {

std::string text_of(const MinedTriplets& mined) {
  std::string text = fmt::format("{} selected\n", mined.selected);
  const Triplets& triplets = mined.triplets;
  for (int64_t i = 0; i < triplets.size(); ++i) {
    text += fmt::format("{} {} {} {} {}\n", triplets.anchors[i].item<int64_t>(), triplets.positives[i].item<int64_t>(),
                        triplets.negatives[i].item<int64_t>(), mined.to_positive[i].item<float>(),
                        mined.to_negative[i].item<float>());
  }
  return text;
}

// Every strategy, without a limit and with one that needs a sample; the exact search and the approximate one.
std::string mined_in_all_ways(int64_t pool_size, Processes& processes) {
  const TestingPool pool = random_pool(7, pool_size, 3);
  const SelectionRule rule{.margin = 0.5f, .seed = 2, .step = 3};
  std::string text;
  for (const std::string& name : strategy_names()) {
    const Strategy strategy = parse_strategy(name);
    for (const int64_t limit : {kNoLimit, int64_t{40}}) {
      text += name + " " +
              text_of(mine_triplets(Pool(pool.embeddings, pool.labels), strategy, rule, limit, processes)) +
              text_of(mine_triplets_approximately(pool.embeddings, pool.labels, strategy, rule, limit, 8, processes));
    }
  }
  return text;
}

// Two images have no triplet; of five, only two processes have anchors.
TEST(SharedSearch, OfSeveralProcessesSelectsWhatOneSelects) {
  for (const int64_t pool_size : {2, 5, 61}) {
    const std::string one = mined_in_all_ways(pool_size, *single_process());
    if (pool_size == 61) {
      EXPECT_GT(std::ranges::count(one, '\n'), 1000) << "the pool tests nothing";
    }
    for (const int64_t size : {2, 3}) {
      const auto results = as_processes(size, [&](Processes& own) { return mined_in_all_ways(pool_size, own); });
      for (const std::string& result : results) EXPECT_EQ(result, one) << pool_size << " images, " << size;
    }
  }
}

}  // namespace
}  // namespace massface
