#include "mining/distances.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/random.h"

namespace massface {
namespace {

Tensor random_unit_rows(int64_t rows, int64_t columns, uint64_t seed) {
  Random random(seed, RandomStream::kSyntheticImage);
  Tensor x = torch::empty({rows, columns}, torch::kDouble);
  for (int64_t i = 0; i < x.numel(); ++i) x.data_ptr<double>()[i] = random.normal();
  return x / x.norm(2, 1, true);
}

TEST(SquaredDistances, AreThoseOfTheDefinition) {
  for (const auto& [rows, columns] :
       std::vector<std::pair<int64_t, int64_t>>{{1, 1}, {1, 8}, {2, 3}, {17, 5}, {33, 64}}) {
    const Tensor x = random_unit_rows(rows, columns, 7).to(torch::kFloat);
    const Tensor d = squared_distances(x);
    const auto values = x.accessor<float, 2>();
    for (int64_t i = 0; i < rows; ++i) {
      for (int64_t j = 0; j < rows; ++j) {
        double sum = 0;
        for (int64_t k = 0; k < columns; ++k) sum += std::pow(static_cast<double>(values[i][k]) - values[j][k], 2);
        EXPECT_NEAR(d[i][j].item<float>(), sum, 2e-6) << rows << "x" << columns << " " << i << "," << j;
      }
    }
  }
}

TEST(SquaredDistances, OfCornersOfASquareAreTwoAndFour) {
  const Tensor d = squared_distances(torch::tensor({{1.f, 0.f}, {0.f, 1.f}, {-1.f, 0.f}}));
  EXPECT_TRUE(d.equal(torch::tensor({{0.f, 2.f, 4.f}, {2.f, 0.f, 2.f}, {4.f, 2.f, 0.f}}))) << d;
}

TEST(SquaredDistances, AreExactlyZeroBetweenEqualRowsAndOnTheDiagonal) {
  // Odd sizes, so that the same dot product falls into different corners of the matrix product's tiles.
  Tensor x = random_unit_rows(67, 131, 3).to(torch::kFloat);
  for (const auto& [copy, of] : std::vector<std::pair<int, int>>{{66, 0}, {13, 1}, {64, 33}}) x[copy] = x[of];
  const Tensor d = squared_distances(x);
  EXPECT_EQ((d == 0).sum().item<int64_t>(), 67 + 6);
  EXPECT_EQ(d[66][0].item<float>(), 0.f);
  EXPECT_EQ(d[1][13].item<float>(), 0.f);
  EXPECT_EQ(d[33][64].item<float>(), 0.f);
  EXPECT_GE(d.min().item<float>(), 0.f);
}

TEST(SquaredDistances, KeepTheirRelativePrecisionWhereAPoolHasNearlyCollapsed) {
  const Tensor centre = random_unit_rows(1, 32, 1);
  const Tensor x = (centre + 1e-4 * random_unit_rows(150, 32, 2)).to(torch::kFloat);
  const Tensor exact = squared_distances(x.to(torch::kDouble));
  const Tensor error =
      ((squared_distances(x).to(torch::kDouble) - exact).abs() / exact.clamp_min(1e-30)).fill_diagonal_(0);
  EXPECT_LT(exact.max().item<double>(), 1e-7);
  EXPECT_LT(error.max().item<double>(), 1e-5);
}

TEST(SquaredDistances, KeepTheirRelativePrecisionWithinAnIdentityThatHasNearlyCollapsed) {
  // Two clusters of 100 rows: 9,900 near pairs, far more than are recomputed at once.
  const Tensor centres = random_unit_rows(2, 32, 1).repeat_interleave(100, 0);
  const Tensor x = (centres + 1e-4 * random_unit_rows(200, 32, 2)).to(torch::kFloat);
  const Tensor exact = squared_distances(x.to(torch::kDouble));
  const Tensor error =
      ((squared_distances(x).to(torch::kDouble) - exact).abs() / exact.clamp_min(1e-30)).fill_diagonal_(0);
  EXPECT_LT(exact[0][99].item<double>(), 1e-7);
  EXPECT_LT(error.max().item<double>(), 1e-5);
}

TEST(SquaredDistances, HaveTheGradientOfFiniteDifferences) {
  Tensor x = random_unit_rows(6, 4, 5);
  x[4] = x[1];  // equal rows too: there the gradient is 0
  const Tensor weight = random_unit_rows(6, 6, 9);
  const auto value = [&](const Tensor& at) { return (squared_distances(at) * weight).sum(); };

  Tensor leaf = x.clone().requires_grad_(true);
  value(leaf).backward();
  constexpr double h = 1e-5;
  for (int64_t i = 0; i < 6; ++i) {
    for (int64_t k = 0; k < 4; ++k) {
      Tensor up = x.clone(), down = x.clone();
      up[i][k] += h;
      down[i][k] -= h;
      const double numeric = (value(up) - value(down)).item<double>() / (2 * h);
      EXPECT_NEAR(leaf.grad()[i][k].item<double>(), numeric, 1e-8) << i << "," << k;
    }
  }
}

TEST(SquaredDistances, AreComputedInFloat32FromHalfPrecision) {
  const Tensor x = random_unit_rows(5, 16, 4).to(torch::kBFloat16);
  const Tensor d = squared_distances(x);
  EXPECT_EQ(d.scalar_type(), torch::kFloat);
  EXPECT_TRUE(d.equal(squared_distances(x.to(torch::kFloat))));
}

TEST(SquaredDistances, RefuseEmbeddingsThatAreNotFinite) {
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    Tensor x = random_unit_rows(4, 3, 4).to(torch::kFloat);
    x[2][1] = bad;
    try {
      squared_distances(x);
      FAIL() << "accepted " << bad;
    } catch (const Failure& failure) {
      EXPECT_EQ(std::string(failure.what()).substr(0, 35), "1 of 4 embeddings hold values that ");
    }
  }
}

}  // namespace
}  // namespace massface
