#include "backbone/activation_layout.h"

#include <gtest/gtest.h>

#include <numeric>

namespace massface {
namespace {

const std::vector<int64_t> kSizes = {80, 80, 160, 40, 40, 20, 20, 10, 10, 5};
const std::vector<double> kWork = {3, 1, 8, 2, 5, 2, 5, 1, 4, 1};

// Follows a pass as the plan runs it, and fails if an output is overwritten while it is needed.
void expect_usable(const ActivationLayout& layout, const std::vector<int64_t>& sizes) {
  std::vector<int64_t> owner(layout.numbers, -1);
  const auto write = [&](int64_t layer) {
    ASSERT_LE(layout.place[layer] + sizes[layer], layout.numbers);
    std::fill_n(owner.begin() + layout.place[layer], sizes[layer], layer);
  };
  const auto intact = [&](int64_t layer) {
    return std::all_of(owner.begin() + layout.place[layer], owner.begin() + layout.place[layer] + sizes[layer],
                       [&](int64_t by) { return by == layer; });
  };
  const auto count = std::ssize(sizes);
  for (int64_t layer = 0; layer < count; ++layer) {
    ASSERT_TRUE(layer == 0 || intact(layer - 1)) << layer;
    write(layer);
  }
  int64_t there = std::ssize(layout.segments) - 1;
  for (int64_t layer = count - 1; layer >= 0; --layer) {
    const int64_t segment = layout.segment_of(layer);
    if (segment >= 0 && segment != there) {
      for (int64_t i = layout.segments[segment].begin; i + 1 < layout.segments[segment].end; ++i) {
        ASSERT_TRUE(i == 0 || intact(i - 1)) << i;
        write(i);
      }
      there = segment;
    }
    ASSERT_TRUE(intact(layer)) << layer;
    ASSERT_TRUE(layer == 0 || intact(layer - 1)) << layer;
  }
}

TEST(ActivationLayout, KeepsEverythingThatFits) {
  const int64_t all = std::accumulate(kSizes.begin(), kSizes.end(), int64_t{0});
  const auto layout = lay_out_activations(kSizes, kWork, all);
  ASSERT_TRUE(layout);
  EXPECT_TRUE(layout->segments.empty());
  EXPECT_EQ(layout->numbers, all);
  EXPECT_EQ(layout->work_again, 0);
  expect_usable(*layout, kSizes);
}

TEST(ActivationLayout, EveryBudgetThatIsPossibleIsKeptAndMoreOfItNeverCostsMore) {
  const int64_t all = std::accumulate(kSizes.begin(), kSizes.end(), int64_t{0}),
                least = least_activation_budget(kSizes);
  EXPECT_LT(least, all * 3 / 4);
  EXPECT_FALSE(lay_out_activations(kSizes, kWork, least - 1));
  double before = 1e9;
  for (int64_t budget = least; budget <= all; ++budget) {
    const auto layout = lay_out_activations(kSizes, kWork, budget);
    ASSERT_TRUE(layout) << budget;
    EXPECT_LE(layout->numbers, budget);
    EXPECT_LE(layout->work_again, before);
    before = layout->work_again;
    expect_usable(*layout, kSizes);
  }
  EXPECT_EQ(before, 0);
}

TEST(ActivationLayout, TakesOneLayer) {
  EXPECT_EQ(least_activation_budget({7}), 7);
  expect_usable(*lay_out_activations({7}, {1}, 7), {7});
  EXPECT_FALSE(lay_out_activations({7}, {1}, 6));
}

}  // namespace
}  // namespace massface
