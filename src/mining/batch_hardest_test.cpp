#include "mining/batch_hardest.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <limits>
#include <vector>

#include "core/error.h"
#include "core/random.h"
#include "mining/distances.h"

namespace massface {
namespace {

using Indices = std::vector<int64_t>;

Indices to_vector(const Tensor& indices) {
  return {indices.data_ptr<int64_t>(), indices.data_ptr<int64_t>() + indices.numel()};
}

Tensor labels_of(const Indices& labels) { return torch::tensor(labels, torch::kInt64); }

// Points on a line, so the answers can be read off by eye.
Tensor distances_on_a_line(const std::vector<float>& positions) {
  const Tensor x = torch::tensor(positions);
  return (x.unsqueeze(0) - x.unsqueeze(1)).square();
}

TEST(BatchHardest, PicksTheFarthestPositiveAndTheNearestNegative) {
  const auto triplets = mine_batch_hardest(distances_on_a_line({0, 1, 5, 2, 9}), labels_of({7, 7, 7, 8, 8}));
  EXPECT_EQ(to_vector(triplets.anchors), (Indices{0, 1, 2, 3, 4}));
  EXPECT_EQ(to_vector(triplets.positives), (Indices{2, 2, 0, 4, 3}));
  EXPECT_EQ(to_vector(triplets.negatives), (Indices{3, 3, 3, 1, 2}));
}

TEST(BatchHardest, IgnoresAnIdentityWithOneImageAsAnAnchorButNotAsANegative) {
  const auto triplets = mine_batch_hardest(distances_on_a_line({0, 1, 3}), labels_of({0, 0, 1}));
  EXPECT_EQ(to_vector(triplets.anchors), (Indices{0, 1}));
  EXPECT_EQ(to_vector(triplets.negatives), (Indices{2, 2}));
}

TEST(BatchHardest, SelectsNothingFromOneIdentityOrOneImage) {
  EXPECT_EQ(mine_batch_hardest(distances_on_a_line({0, 1, 2}), labels_of({5, 5, 5})).size(), 0);
  EXPECT_EQ(mine_batch_hardest(distances_on_a_line({0}), labels_of({5})).size(), 0);
}

TEST(BatchHardest, TakesTheLowestIndexOfTies) {
  // Wide enough for a vectorised reduction to meet the later index first.
  const int64_t half = 40;
  Indices labels(2 * half, 0);
  std::fill(labels.begin() + half, labels.end(), 1);
  const auto triplets = mine_batch_hardest(torch::ones({2 * half, 2 * half}), labels_of(labels));
  ASSERT_EQ(triplets.size(), 2 * half);
  for (int64_t a = 0; a < half; ++a) {
    EXPECT_EQ(triplets.positives[a].item<int64_t>(), a == 0 ? 1 : 0);
    EXPECT_EQ(triplets.negatives[a].item<int64_t>(), half);
  }
}

// The definition, as loops.
void expect_the_definition(const Tensor& distances, const Tensor& labels) {
  const Triplets triplets = mine_batch_hardest(distances, labels);
  const auto d = distances.accessor<float, 2>();
  const auto y = labels.accessor<int64_t, 1>();
  Indices anchors, positives, negatives;
  for (int64_t a = 0; a < y.size(0); ++a) {
    int64_t p = -1, n = -1;
    for (int64_t i = 0; i < y.size(0); ++i) {
      if (i != a && y[i] == y[a] && (p < 0 || d[a][i] > d[a][p])) p = i;
      if (y[i] != y[a] && (n < 0 || d[a][i] < d[a][n])) n = i;
    }
    if (p < 0 || n < 0) continue;
    anchors.push_back(a), positives.push_back(p), negatives.push_back(n);
  }
  EXPECT_EQ(to_vector(triplets.anchors), anchors);
  EXPECT_EQ(to_vector(triplets.positives), positives);
  EXPECT_EQ(to_vector(triplets.negatives), negatives);
}

TEST(BatchHardest, AgreesWithTheDefinitionOnRandomPools) {
  for (uint64_t seed = 0; seed < 200; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed, RandomStream::kSyntheticImage);
    const auto rows = static_cast<int64_t>(1 + random.below(40));
    const auto identities = 1 + random.below(12);
    Tensor x = torch::empty({rows, 3});
    Indices labels;
    for (int64_t i = 0; i < rows; ++i) {
      // Coarse coordinates: duplicates and ties are common.
      for (int64_t k = 0; k < 3; ++k) x[i][k] = static_cast<float>(random.below(3)) + 0.5f;
      labels.push_back(static_cast<int64_t>(random.below(identities)));
    }
    expect_the_definition(squared_distances(x / x.norm(2, 1, true)), labels_of(labels));
  }
}

TEST(BatchHardest, RefusesDistancesThatAreNaN) {
  Tensor distances = distances_on_a_line({0, 1, 5, 2});
  distances[0][3] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THROW(mine_batch_hardest(distances, labels_of({0, 0, 1, 1})), Failure);
}

}  // namespace
}  // namespace massface
