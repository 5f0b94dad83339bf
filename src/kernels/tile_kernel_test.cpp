#include "kernels/tile_kernel.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "core/random.h"
#include "kernels/packing.h"
#include "kernels/testing_targets.h"

namespace massface {
namespace {

std::vector<float> random_floats(int64_t count, uint64_t seed) {
  Random random(seed, RandomStream::kSyntheticImage);
  std::vector<float> values(static_cast<size_t>(count));
  for (float& value : values) value = random.normal();
  return values;
}

struct Panels {
  TileShape tile = tile_shape();
  int64_t depth;
  std::vector<float> a;
  AlignedFloats b;

  explicit Panels(int64_t depth) : depth(depth), a(random_floats(tile.rows * depth, 1)), b(tile.columns * depth) {
    const std::vector<float> values = random_floats(tile.columns * depth, 2);
    std::copy(values.begin(), values.end(), b.data());
  }

  // The chain that the header promises.
  float product(int64_t i, int64_t j) const {
    float sum = 0;
    for (int64_t k = 0; k < depth; ++k) sum = std::fma(a[k * tile.rows + i], b.data()[k * tile.columns + j], sum);
    return sum;
  }
};

TEST(TileKernel, IsOneChainOfFusedMultiplyAddsInTheOrderOfTheDepth) {
  on_all_targets([] {
    for (const int64_t depth : {1, 3, 64, 131}) {
      const Panels panels(depth);
      const TileShape tile = panels.tile;
      std::vector<float> out(static_cast<size_t>(tile.rows * (tile.columns + 5)), -1.0f);
      multiply_tile(panels.a.data(), panels.b.data(), depth, out.data(), tile.columns + 5, false);
      for (int64_t i = 0; i < tile.rows; ++i) {
        for (int64_t j = 0; j < tile.columns; ++j) {
          ASSERT_EQ(out[i * (tile.columns + 5) + j], panels.product(i, j)) << depth << ": " << i << "," << j;
        }
        ASSERT_EQ(out[i * (tile.columns + 5) + tile.columns], -1.0f) << "wrote outside of the tile";
      }
    }
  });
}

TEST(TileKernel, GivesTheSameBitsWhereTheDepthIsCut) {
  on_all_targets([] {
    const Panels panels(100);
    const TileShape tile = panels.tile;
    std::vector<float> whole(static_cast<size_t>(tile.rows * tile.columns)), cut = whole;
    multiply_tile(panels.a.data(), panels.b.data(), 100, whole.data(), tile.columns, false);
    multiply_tile(panels.a.data(), panels.b.data(), 33, cut.data(), tile.columns, false);
    multiply_tile(panels.a.data() + 33 * tile.rows, panels.b.data() + 33 * tile.columns, 67, cut.data(), tile.columns,
                  true);
    EXPECT_EQ(whole, cut);
  });
}

TEST(TileKernel, SquaredDifferencesAreTheSumOfSquares) {
  on_all_targets([] {
    const std::vector<float> x = random_floats(70, 3), y = random_floats(70, 4);
    for (const int64_t n : {0, 1, 15, 16, 17, 70}) {
      double sum = 0;
      for (int64_t k = 0; k < n; ++k) sum += std::pow(static_cast<double>(x[k]) - y[k], 2);
      EXPECT_NEAR(squared_difference(x.data(), y.data(), n), sum, 1e-6 * sum) << n;
    }
    EXPECT_EQ(squared_difference(x.data(), x.data(), 70), 0.0f);
  });
}

TEST(TileKernel, AddsAScaledRow) {
  on_all_targets([] {
    const std::vector<float> x = random_floats(37, 5), y = random_floats(37, 6);
    for (const int64_t n : {0, 1, 16, 37}) {
      std::vector<float> sum = y;
      add_scaled(x.data(), 0.7f, sum.data(), n);
      for (int64_t k = 0; k < 37; ++k) {
        EXPECT_EQ(sum[k], k < n ? std::fma(0.7f, x[k], y[k]) : y[k]) << n << ": " << k;
      }
    }
  });
}

}  // namespace
}  // namespace massface
