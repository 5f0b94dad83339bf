#include "pipeline/ordered_slots.h"

#include <gtest/gtest.h>

#include <future>
#include <thread>

namespace massface {
namespace {

TEST(OrderedSlots, GivesValuesInTheOrderOfTheirNumbers) {
  OrderedSlots<int> slots(5, 8, 10);
  EXPECT_EQ(slots.claim(), 5);
  EXPECT_EQ(slots.claim(), 6);
  EXPECT_EQ(slots.claim(), 7);
  EXPECT_EQ(slots.claim(), std::nullopt);
  slots.put(7, 70);
  slots.put(6, 60);
  EXPECT_EQ(slots.try_take(), std::nullopt);
  slots.put(5, 50);
  EXPECT_EQ(slots.next_to_take(), 5);
  EXPECT_EQ(slots.try_take(), 50);
  EXPECT_EQ(slots.take(), 60);
  EXPECT_EQ(slots.take(), 70);
  EXPECT_EQ(slots.next_to_take(), 8);
}

TEST(OrderedSlots, HoldsThreadsBackAtItsCapacity) {
  OrderedSlots<int> slots(0, 100, 2);
  EXPECT_EQ(slots.claim(), 0);
  EXPECT_EQ(slots.claim(), 1);
  slots.put(1, 11);
  auto third = std::async(std::launch::async, [&] { return slots.claim(); });
  EXPECT_EQ(third.wait_for(std::chrono::milliseconds(20)), std::future_status::timeout);
  slots.put(0, 10);
  EXPECT_EQ(slots.take(), 10);
  EXPECT_EQ(third.get(), 2);
}

TEST(OrderedSlots, LetsGoOfWaitingThreadsWhenClosed) {
  OrderedSlots<int> slots(0, 100, 1);
  EXPECT_EQ(slots.claim(), 0);
  auto waiting = std::async(std::launch::async, [&] { return slots.claim(); });
  slots.close();
  EXPECT_EQ(waiting.get(), std::nullopt);
  EXPECT_EQ(slots.claim(), std::nullopt);
}

TEST(OrderedSlots, WaitsForAValueThatIsNotDone) {
  OrderedSlots<int> slots(0, 1, 1);
  std::jthread worker([&] { slots.put(*slots.claim(), 10); });
  EXPECT_EQ(slots.take(), 10);
}

}  // namespace
}  // namespace massface
