#include "kernels/row_search.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <vector>

#include "core/random.h"
#include "kernels/testing_targets.h"

namespace massface {
namespace {

// The distances are multiples of 0.1, so that many are equal. The length is that of a row for a pool of 37.
struct Row {
  std::vector<float> distances = std::vector<float>(48, std::numeric_limits<float>::infinity());
  std::vector<int32_t> identities = std::vector<int32_t>(48, -1);

  explicit Row(uint64_t seed) {
    Random random(seed, RandomStream::kSyntheticImage);
    for (int i = 0; i < 37; ++i) {
      distances[i] = 0.1f * static_cast<float>(random.below(12));
      identities[i] = static_cast<int32_t>(random.below(5));
    }
  }
  RowView view() const { return {distances.data(), identities.data(), 48, 2}; }
  std::vector<int32_t> others(float above, float below) const {
    std::vector<int32_t> found;
    for (int32_t i = 0; i < 37; ++i) {
      if (identities[i] != 2 && distances[i] > above && distances[i] < below) found.push_back(i);
    }
    return found;
  }
};

constexpr float kBounds[] = {-1.0f, 0.0f, 0.1f, 0.35f, 0.7f, 1.2f, 9.0f};

TEST(RowSearch, AnswersAsALoopDoes) {
  on_all_targets([] {
    for (uint64_t seed = 0; seed < 50; ++seed) {
      const Row row(seed);
      for (const float above : kBounds) {
        for (const float below : kBounds) {
          const auto others = row.others(above, below);
          const auto nearest =
              std::ranges::min_element(others, {}, [&](int32_t i) { return std::pair(row.distances[i], i); });
          const FoundPosition found = nearest_other(row.view(), above, below);
          ASSERT_EQ(found.position, others.empty() ? -1 : *nearest) << seed << " " << above << " " << below;
          ASSERT_EQ(found.distance, others.empty() ? 0.0f : row.distances[*nearest]);
        }
        const auto below = row.others(-1, above);
        ASSERT_EQ(count_others_below(row.view(), above), static_cast<int64_t>(below.size()));
        for (size_t k = 0; k < below.size(); ++k) {
          ASSERT_EQ(other_below(row.view(), above, static_cast<int64_t>(k)), below[k]);
        }
        ASSERT_EQ(other_below(row.view(), above, static_cast<int64_t>(below.size())), -1);
      }
    }
  });
}

TEST(RowSearch, LowersTheWeightsOfThoseBelow) {
  on_all_targets([] {
    for (uint64_t seed = 0; seed < 50; ++seed) {
      const Row row(seed);
      for (const float bound : kBounds) {
        std::vector<float> weights(48, 3.0f), expected = weights;
        double sum = 0;
        for (const int32_t i : row.others(-1, bound)) {
          expected[i] -= 1;
          sum += row.distances[i];
        }
        const BelowSum below = subtract_from_others_below(row.view(), bound, weights.data());
        ASSERT_EQ(weights, expected);
        ASSERT_EQ(below.count, static_cast<int64_t>(row.others(-1, bound).size()));
        ASSERT_NEAR(below.distances, sum, 1e-12);
      }
    }
  });
}

TEST(RowSearch, SumsInDouble) {
  on_all_targets([] {
    const std::vector<float> values(21, 0.1f);
    EXPECT_NEAR(sum_of(values.data(), 21), 21 * static_cast<double>(0.1f), 1e-14);
    EXPECT_EQ(sum_of(values.data(), 0), 0.0);
  });
}

}  // namespace
}  // namespace massface
