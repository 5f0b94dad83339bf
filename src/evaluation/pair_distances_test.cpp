#include "evaluation/pair_distances.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

namespace massface {
namespace {

TEST(PairDistances, AreSquaredAndKeepThePairsOrder) {
  const Tensor embeddings = torch::tensor({{1.0f, 0.0f}, {0.0f, 1.0f}, {-1.0f, 0.0f}, {0.6f, 0.8f}});
  const auto distances =
      pair_distances(embeddings, {{0, 1, true, 2}, {0, 2, false, 5}, {2, 2, true, 0}, {0, 3, false, 1}});
  ASSERT_EQ(distances.distance_squared.size(), 4u);
  EXPECT_EQ(distances.distance_squared[0], 2.0f);
  EXPECT_EQ(distances.distance_squared[1], 4.0f);
  EXPECT_EQ(distances.distance_squared[2], 0.0f);
  EXPECT_FLOAT_EQ(distances.distance_squared[3], 0.8f);
  EXPECT_EQ(distances.same, (std::vector<uint8_t>{1, 0, 1, 0}));
  EXPECT_EQ(distances.fold, (std::vector<int64_t>{2, 5, 0, 1}));
}

// Fold 0 is (0, 1), fold 1 is (2, 3); the mean without fold 0 is (1, 3).
TEST(PairDistances, AreOfRowsMinusTheMeanOfTheOtherFolds) {
  const Tensor rows = torch::tensor({4.f, 3.f, 1.f, 5.f, 2.f, 3.f, 0.f, 3.f}).reshape({4, 2});
  const std::vector<IndexPair> pairs = {{0, 1, true, 0}, {2, 3, false, 1}};
  // (3, 0) and (0, 2) become (1, 0) and (0, 1); (1, 0) and (-1, 0) are opposite.
  EXPECT_EQ(centered_pair_distances(rows, pairs, 0).distance_squared, (std::vector<float>{2, 4}));
  // The mean without fold 1 is (2.5, 4): (1.5, -1) and (-1.5, 1) are opposite.
  EXPECT_FLOAT_EQ(centered_pair_distances(rows, pairs, 1).distance_squared[0], 4);
  // With a single fold, the mean is that of the fold itself.
  const std::vector<IndexPair> one = {{0, 1, true, 0}};
  EXPECT_FLOAT_EQ(centered_pair_distances(rows, one, 0).distance_squared[0], 4);
}

}  // namespace
}  // namespace massface
