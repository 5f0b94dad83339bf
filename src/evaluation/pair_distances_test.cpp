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

}  // namespace
}  // namespace massface
