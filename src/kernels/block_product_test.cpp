#include "kernels/block_product.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "kernels/testing_targets.h"
#include "kernels/testing_values.h"

namespace massface {
namespace {

ReadAhead none_ahead;

// Whole and partial tiles of the sizes of both targets (12 or 6 rows, 32 or 16 columns).
constexpr int64_t kBlockSizes[] = {1, 2, 5, 8, 12, 15, 16, 17, 24, 31, 33, 64, 70};
constexpr int64_t kDepths[] = {1, 27, 64};

TEST(BlockProduct, IsOneChainOfFusedMultiplyAddsInAscendingDepth) {
  on_all_targets([] {
    for (const int64_t rows : kBlockSizes) {
      for (const int64_t columns : kBlockSizes) {
        for (const int64_t depth : kDepths) {
          const auto a = normal(rows * depth, 1), b = normal(depth * columns, 2), before = normal(rows * columns, 3);
          const PackedMatrix packed(b.data(), depth, columns, columns, 1);
          std::vector<float> fresh(rows * columns, NAN), added = before;
          multiply_block(a.data(), packed, rows, fresh.data(), {}, none_ahead);
          multiply_block(a.data(), packed, rows, added.data(), {.add = true}, none_ahead);
          for (int64_t i = 0; i < rows * columns; ++i) {
            float sum = 0, continued = before[i];
            for (int64_t k = 0; k < depth; ++k) {
              const float left = a[i / columns * depth + k], right = b[k * columns + i % columns];
              sum = std::fma(left, right, sum);
              continued = std::fma(left, right, continued);
            }
            ASSERT_EQ(fresh[i], sum) << rows << " x " << depth << " x " << columns << " at " << i;
            ASSERT_EQ(added[i], continued) << rows << " x " << depth << " x " << columns << " at " << i;
          }
        }
      }
    }
  });
}

TEST(BlockProduct, PacksATransposedMatrix) {
  on_all_targets([] {
    const auto b = normal(20 * 30, 4);  // [20, 30], read as [30, 20]
    const PackedMatrix packed(b.data(), 30, 20, 1, 30);
    const auto a = normal(30, 5);
    std::vector<float> out(20);
    multiply_block(a.data(), packed, 1, out.data(), {}, none_ahead);
    for (int64_t j = 0; j < 20; ++j) {
      float sum = 0;
      for (int64_t k = 0; k < 30; ++k) sum = std::fma(a[k], b[j * 30 + k], sum);
      EXPECT_EQ(out[j], sum);
    }
  });
}

TEST(BlockProduct, TheTransposedProductAddsRowByRow) {
  on_all_targets([] {
    for (const int64_t columns_a : kBlockSizes) {
      for (const int64_t columns_b : kBlockSizes) {
        for (const int64_t rows : kDepths) {
          const auto a = normal(rows * columns_a, 6), b = normal(rows * columns_b, 7),
                     before = normal(columns_a * columns_b, 8);
          std::vector<float> out = before;
          add_transposed_product(a.data(), b.data(), rows, columns_a, columns_b, out.data(), none_ahead);
          for (int64_t i = 0; i < columns_a * columns_b; ++i) {
            float sum = before[i];
            for (int64_t r = 0; r < rows; ++r) {
              sum = std::fma(a[r * columns_a + i / columns_b], b[r * columns_b + i % columns_b], sum);
            }
            ASSERT_EQ(out[i], sum) << columns_a << " x " << rows << " x " << columns_b << " at " << i;
          }
        }
      }
    }
  });
}

}  // namespace
}  // namespace massface
