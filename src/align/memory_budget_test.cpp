#include "align/memory_budget.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <thread>
#include <vector>

namespace massface {
namespace {

TEST(MemoryBudget, IsNeverExceededAndServesEverybody) {
  MemoryBudget budget(100);
  std::atomic<int64_t> in_use{0}, most{0};
  std::vector<std::thread> threads;
  for (int64_t i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      for (int64_t k = 0; k < 500; ++k) {
        const int64_t bytes = (i * 37 + k * 13) % 101;
        const auto share = budget.reserve(bytes);
        const int64_t now = in_use += bytes;
        for (int64_t seen = most; now > seen && !most.compare_exchange_weak(seen, now);) continue;
        in_use -= bytes;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_LE(most, 100);
  const auto all = budget.reserve(100);
  EXPECT_EQ(in_use, 0);
}

TEST(MemoryBudget, LetsALargeRequestNotBeOvertaken) {
  MemoryBudget budget(10);
  std::atomic<int> order{0}, large{0}, small{0};
  auto first = std::make_unique<MemoryBudget::Share>(budget.reserve(5));
  std::thread asks_for_much([&] {
    const auto share = budget.reserve(10);
    large = ++order;
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  std::thread asks_for_little([&] {
    const auto share = budget.reserve(1);
    small = ++order;
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_EQ(order, 0) << "the small request waits behind the large one";
  first.reset();
  asks_for_much.join();
  asks_for_little.join();
  EXPECT_LT(large, small);
}

}  // namespace
}  // namespace massface
