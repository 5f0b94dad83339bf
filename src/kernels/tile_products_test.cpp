#include "kernels/tile_products.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "kernels/avx512_bfloat16.h"
#include "kernels/testing_targets.h"
#include "kernels/testing_values.h"

namespace massface {
namespace {

std::vector<Bfloat16> halves_of(const std::vector<float>& values) {
  std::vector<Bfloat16> rounded;
  for (const float value : values) rounded.push_back(to_bfloat16(value));
  return rounded;
}

TEST(EmulatedTilesDeathTest, RefuseWhatTheProcessorRefuses) {
  EXPECT_DEATH(EmulatedTiles::zero<0>(), "configured");
  EXPECT_DEATH(
      {
        TileShapes shapes;
        shapes.rows[0] = 17;
        shapes.row_bytes[0] = 64;
        EmulatedTiles::configure(shapes);
      },
      "16 rows");
  EXPECT_DEATH(
      {
        const TileSession<EmulatedTiles> first;
        const TileSession<EmulatedTiles> second;
      },
      "released");
}

TEST(TileRows, FinishSumsAsTheirPlainTwinDoes) {
  if (!has_avx512_bfloat16()) GTEST_SKIP() << "this processor has no AVX512-BF16: there is only the plain twin";
  for (const int64_t columns : {1, 16, 17, 32}) {
    const int64_t rows = 5, stride = 40;
    const auto sums = normal(rows * 32, 1), bias = normal(columns, 2), slope = normal(columns, 3);
    const auto before = halves_of(normal(rows * stride, 4));
    for (const bool add : {false, true}) {
      for (const float* slopes : {static_cast<const float*>(nullptr), slope.data()}) {
        const ProductEnds ends{.add = add, .bias = add ? bias.data() : nullptr, .slope = slopes};
        auto fast = before, plain = before;
        finish_sums(sums.data(), 32, rows, columns, ends, fast.data(), stride);
        finish_sums_plainly(sums.data(), 32, rows, columns, ends, plain.data(), stride);
        for (int64_t i = 0; i < rows * stride; ++i) ASSERT_EQ(fast[i].bits, plain[i].bits) << columns << " at " << i;
      }
    }
  }
}

TEST(TileRows, TransposePairsAsTheirPlainTwinDoes) {
  std::vector<Bfloat16Pair> from(16 * 50);
  for (size_t i = 0; i < from.size(); ++i) from[i] = static_cast<Bfloat16Pair>(i * 2654435761U);
  for (const int64_t rows : {1, 7, 16}) {
    for (const int64_t columns : {1, 9, 16}) {
      std::vector<Bfloat16Pair> fast(256, 1), plain(256, 2);
      transpose_pairs(from.data(), 50, rows, columns, fast.data());
      transpose_pairs_plainly(from.data(), 50, rows, columns, plain.data());
      ASSERT_EQ(fast, plain) << rows << " x " << columns;
      for (int64_t i = 0; i < 256; ++i) {
        const int64_t row = i % 16, column = i / 16;
        ASSERT_EQ(plain[i], row < rows && column < columns ? from[row * 50 + column] : 0);
      }
    }
  }
}

// A block ends within a tile: what lies beyond it in memory must not be read, not even to be multiplied by zero.
TEST(TileProducts, IgnoreWhatLiesBeyondTheBlock) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const int64_t rows = 37, depth = 34, columns = 18;
  std::vector<float> a = normal(rows * depth, 1), b = normal(depth * columns, 2);
  a.resize(a.size() + 4096, nan);
  const auto left = halves_of(a);
  const PackedPairs packed(b.data(), depth, columns, columns, 1);
  std::vector<Bfloat16> out(rows * columns + 4096, to_bfloat16(7.0f));
  ReadAhead nothing;
  on_all_bfloat16_kernels([&] {
    multiply_block(left.data(), packed, rows, out.data(), {}, nothing);
    for (int64_t i = 0; i < rows * columns; ++i) ASSERT_TRUE(std::isfinite(to_float(out[i])));
    for (size_t i = rows * columns; i < out.size(); ++i) ASSERT_EQ(to_float(out[i]), 7.0f);
  });

  const int64_t pairs = 19;
  std::vector<Bfloat16Pair> of_a(pairs * columns + 4096, 0x7fff7fffU), of_b(pairs * depth + 4096, 0x7fff7fffU);
  std::fill_n(of_a.begin(), pairs * columns, 0x3f803f80U);  // pairs of 1
  std::fill_n(of_b.begin(), pairs * depth, 0x3f803f80U);
  on_all_bfloat16_kernels([&] {
    std::vector<float> sums(columns * depth + 4096, 0.0f);
    add_transposed_product(of_a.data(), of_b.data(), pairs, columns, depth, sums.data(), nothing);
    for (int64_t i = 0; i < std::ssize(sums); ++i) ASSERT_EQ(sums[i], i < columns * depth ? 2.0f * pairs : 0.0f);
  });
}

// A weight gradient is a product over many more rows than are transposed at a time.
TEST(TileProducts, OfManyPairsContinueTheirSums) {
  const int64_t pairs = 300, columns_a = 33, columns_b = 20;
  const auto ones = std::vector<Bfloat16Pair>(pairs * columns_a, 0x3f803f80U);
  const auto twos = std::vector<Bfloat16Pair>(pairs * columns_b, 0x40004000U);
  ReadAhead nothing;
  on_all_bfloat16_kernels([&] {
    std::vector<float> sums(columns_a * columns_b, 1.0f);
    add_transposed_product(ones.data(), twos.data(), pairs, columns_a, columns_b, sums.data(), nothing);
    for (const float sum : sums) ASSERT_EQ(sum, 1.0f + 2 * pairs * 2.0f);
  });
}

TEST(Dispatch, NamesEveryKindOfBfloat16Product) {
  for (const Bfloat16Kernels* kernels : testable_bfloat16_kernels()) {
    const WithBfloat16Kernels with(kernels);
    EXPECT_EQ(describe_bfloat16_products(), kernels->description);
  }
  const WithBfloat16Kernels none(nullptr);
  EXPECT_FALSE(has_bfloat16_products());
  EXPECT_EQ(describe_bfloat16_products(), "float32 products of bfloat16 numbers");
}

}  // namespace
}  // namespace massface
