#include "kernels/pairwise_distances.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "kernels/testing_targets.h"

namespace massface {
namespace {

Tensor unit_rows(int64_t rows, int64_t dimensions) {
  at::manual_seed(static_cast<uint64_t>(rows * 1000 + dimensions));
  const Tensor x = at::randn({rows, dimensions});
  return x / x.norm(2, 1, true);
}

Tensor matrix_of(const PairwiseDistances& distances) {
  Tensor matrix = at::full({distances.size(), distances.stride()}, -1.0f);
  distances.compute_matrix(matrix.mutable_data_ptr<float>());
  return matrix;
}

double exact(const Tensor& x, int64_t i, int64_t j) {
  return (x[i].to(at::kDouble) - x[j].to(at::kDouble)).square().sum().item<double>();
}

TEST(PairwiseDistances, AreThoseOfTheDefinition) {
  on_all_targets([] {
    for (const auto& [rows, dimensions] :
         std::vector<std::pair<int64_t, int64_t>>{{1, 1}, {2, 7}, {33, 16}, {131, 129}}) {
      const Tensor x = unit_rows(rows, dimensions);
      const Tensor d = matrix_of(PairwiseDistances(x));
      for (int64_t i = 0; i < rows; ++i) {
        for (int64_t j = 0; j < rows; ++j) EXPECT_NEAR(d[i][j].item<float>(), exact(x, i, j), 2e-6);
      }
    }
  });
}

TEST(PairwiseDistances, AreExactWhereFloatsHoldTheProducts) {
  on_all_targets([] {
    at::manual_seed(1);
    for (const Tensor& x : {at::eye(40), at::randint(0, 2, {70, 64}).sub(0.5).mul(0.25), at::eye(3).repeat({20, 1})}) {
      const int64_t rows = x.size(0);
      const Tensor d = matrix_of(PairwiseDistances(x.contiguous()));
      for (int64_t i = 0; i < rows; ++i) {
        for (int64_t j = 0; j < rows; ++j)
          ASSERT_EQ(d[i][j].item<float>(), exact(x, i, j)) << rows << ": " << i << " " << j;
      }
    }
  });
}

TEST(PairwiseDistances, DoNotDependOnTheOtherPoints) {
  on_all_targets([] {
    const Tensor x = unit_rows(90, 33);
    const Tensor whole = matrix_of(PairwiseDistances(x)),
                 part = matrix_of(PairwiseDistances(x.slice(0, 40, 60).contiguous()));
    EXPECT_TRUE(part.slice(1, 0, 20).equal(whole.slice(0, 40, 60).slice(1, 40, 60)));
  });
}

TEST(PairwiseDistances, AreInfiniteBehindThePool) {
  on_all_targets([] {
    const PairwiseDistances distances(unit_rows(19, 4));
    EXPECT_EQ(distances.stride(), 32);
    const Tensor d = matrix_of(distances);
    EXPECT_TRUE((d.slice(1, 19) == std::numeric_limits<float>::infinity()).all().item<bool>());
    EXPECT_TRUE(d.slice(1, 0, 19).isfinite().all().item<bool>());
  });
}

TEST(PairwiseDistances, AreTheSameBitsByRowsByMatrixAndByThreads) {
  on_all_targets([] {
    const Tensor x = unit_rows(203, 70);
    const PairwiseDistances distances(x);
    const Tensor matrix = matrix_of(distances);
    EXPECT_TRUE(matrix.slice(1, 0, 203).equal(matrix.slice(1, 0, 203).t()));
    Tensor rows = at::empty({90, distances.stride()});
    distances.compute_rows(37, 127, rows.mutable_data_ptr<float>());
    EXPECT_TRUE(rows.equal(matrix.slice(0, 37, 127)));
    const int before = at::get_num_threads();
    for (const int threads : {1, 3, 8}) {
      at::set_num_threads(threads);
      EXPECT_TRUE(matrix_of(PairwiseDistances(x)).equal(matrix)) << threads;
    }
    at::set_num_threads(before);
  });
}

TEST(PairwiseDistances, AreExactlyZeroBetweenEqualPointsAlone) {
  on_all_targets([] {
    Tensor x = unit_rows(67, 131);
    x[66] = x[0];
    x[13] = x[1];
    const Tensor d = matrix_of(PairwiseDistances(x)).slice(1, 0, 67);
    EXPECT_EQ((d == 0).sum().item<int64_t>(), 67 + 4);
    EXPECT_GE(d.min().item<float>(), 0.0f);
  });
}

TEST(PairwiseDistances, AreZeroWhereAllPointsAreEqual) {
  on_all_targets([] {
    const Tensor x = unit_rows(1, 50).repeat({40, 1});
    EXPECT_EQ(matrix_of(PairwiseDistances(x)).slice(1, 0, 40).abs().max().item<float>(), 0.0f);
  });
}

TEST(PairwiseDistances, KeepTheirDigitsBetweenNearPoints) {
  on_all_targets([] {
    // Two clusters, far apart.
    const Tensor x = (unit_rows(2, 32).repeat_interleave(20, 0) + 1e-4 * unit_rows(40, 32)).contiguous();
    const Tensor d = matrix_of(PairwiseDistances(x));
    for (int64_t j = 1; j < 20; ++j) EXPECT_NEAR(d[0][j].item<float>() / exact(x, 0, j), 1.0, 1e-5);
  });
}

}  // namespace
}  // namespace massface
