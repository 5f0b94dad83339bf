#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <vector>

#include "kernels/bfloat16_product.h"
#include "kernels/bfloat16_rows.h"
#include "kernels/channel_rows.h"
#include "kernels/testing_targets.h"
#include "kernels/testing_values.h"

namespace massface {
namespace {

ReadAhead no_read_ahead;

std::vector<Bfloat16> halves(const std::vector<float>& values) {
  std::vector<Bfloat16> rounded;
  for (const float value : values) rounded.push_back(to_bfloat16(value));
  return rounded;
}

// Returns whether a is within one unit in the last place of bfloat16 of b.
bool near(Bfloat16 a, double b) { return std::abs(to_float(a) - b) <= std::abs(b) / 128 + 1e-6; }

Bfloat16 lower(Bfloat16Pair pair) { return {static_cast<uint16_t>(pair)}; }
Bfloat16 upper(Bfloat16Pair pair) { return {static_cast<uint16_t>(pair >> 16)}; }

TEST(Bfloat16, IsRoundedToTheNearestAndTiesToTheEven) {
  EXPECT_EQ(to_float(to_bfloat16(1.0f)), 1.0f);
  EXPECT_EQ(to_float(to_bfloat16(1.0f + 1.0f / 256)), 1.0f);               // halfway: rounds down to even
  EXPECT_EQ(to_float(to_bfloat16(1.0f + 3.0f / 256)), 1.0f + 4.0f / 256);  // halfway: rounds up to even
  EXPECT_EQ(to_float(to_bfloat16(-1.0f - 1.01f / 256)), -1.0f - 2.0f / 256);
  EXPECT_EQ(to_float(to_bfloat16(std::numeric_limits<float>::infinity())), std::numeric_limits<float>::infinity());
}

TEST(Bfloat16, ANaNStaysOne) {
  on_all_targets([] {
    for (const uint32_t bits : {0x7fffffffU, 0x7fff8000U, 0xffffffffU, 0x7f800001U, 0xffc00000U}) {
      const std::vector<float> values(17, std::bit_cast<float>(bits));
      std::vector<Bfloat16> stored(17);
      copy_values(values.data(), stored.data(), 17);
      for (const Bfloat16 value : stored) EXPECT_TRUE(std::isnan(to_float(value))) << bits;
      EXPECT_TRUE(std::isnan(to_float(to_bfloat16(values[0])))) << bits;
    }
  });
}

TEST(Bfloat16, CopiesRoundAsOneNumberDoesAndBack) {
  on_all_targets([] {
    for (const int64_t n : {1, 15, 16, 70}) {
      const auto values = normal(n, 1);
      std::vector<Bfloat16> stored(n);
      std::vector<float> back(n);
      copy_values(values.data(), stored.data(), n);
      copy_values(ConstValues(stored.data()), back.data(), n);
      add_values(values.data(), back.data(), n);
      for (int64_t i = 0; i < n; ++i) {
        ASSERT_EQ(stored[i].bits, to_bfloat16(values[i]).bits);
        ASSERT_EQ(back[i], to_float(stored[i]) + values[i]);
      }
    }
  });
}

struct Shape {
  int64_t rows, channels;
};
constexpr Shape kShapes[] = {{1, 2}, {2, 5}, {3, 16}, {7, 40}, {12, 66}};

TEST(Bfloat16Rows, AreThoseOfFloatsRounded) {
  on_all_targets([] {
    for (const auto& [rows, channels] : kShapes) {
      for (const bool prelu : {true, false}) {
        const int64_t n = rows * channels;
        const auto x = halves(normal(n, 1)), g = halves(normal(n, 2));
        const auto scale = normal(channels, 3), shift = normal(channels, 4), slope = normal(channels, 5),
                   through = normal(channels, 6), constant = normal(channels, 7);
        const ChannelActivation activation{scale.data(), shift.data(), prelu ? slope.data() : nullptr};
        std::vector<float> a(n), dx(n);
        activate_rows(x.data(), activation, nullptr, a.data(), rows, channels);
        gradient_rows(g.data(), x.data(), activation, {through.data(), constant.data()}, dx.data(), rows, channels);
        const int64_t pairs = (rows + 1) / 2 * channels;
        std::vector<Bfloat16Pair> of_a(pairs, 1), of_dx(pairs, 1), of_x(pairs, 1);
        std::vector<Bfloat16> stored(n);
        activate_pairs(x.data(), activation, of_a.data(), rows, channels);
        gradient_pairs(g.data(), x.data(), activation, {through.data(), constant.data()}, stored.data(), of_dx.data(),
                       rows, channels);
        pair_rows(x.data(), of_x.data(), rows, channels);
        for (int64_t row = 0; row < rows + rows % 2; ++row) {
          for (int64_t c = 0; c < channels; ++c) {
            const int64_t i = row * channels + c, p = row / 2 * channels + c;
            const auto of = row % 2 == 0 ? lower : upper;
            const bool there = row < rows;
            ASSERT_EQ(of(of_a[p]).bits, there ? to_bfloat16(a[i]).bits : 0) << rows << " x " << channels;
            ASSERT_EQ(of(of_dx[p]).bits, there ? to_bfloat16(dx[i]).bits : 0);
            ASSERT_EQ(of(of_x[p]).bits, there ? x[i].bits : 0);
            if (!there) continue;
            ASSERT_EQ(stored[i].bits, to_bfloat16(dx[i]).bits);
          }
        }
      }
    }
  });
}

TEST(Bfloat16Rows, SumsAreThoseOfTheRoundedNumbers) {
  on_all_targets([] {
    const int64_t rows = 9, channels = 37, n = rows * channels;
    const auto x = halves(normal(n, 1)), g = halves(normal(n, 2));
    const auto scale = normal(channels, 3), shift = normal(channels, 4), slope = normal(channels, 5),
               mean = normal(channels, 6);
    std::vector<float> wide_x(n), wide_g(n);
    copy_values(x.data(), wide_x.data(), n);
    copy_values(g.data(), wide_g.data(), n);
    const auto sums = [&](ConstValues of_g, ConstValues of_x) {
      std::vector<float> sum(5 * channels, 0.0f);
      float* s = sum.data();
      const ChannelActivation activation{scale.data(), shift.data(), slope.data()};
      add_gradient_sums(of_g, of_x, activation, mean.data(), {s, s + channels, s + 2 * channels}, rows, channels);
      add_moments(of_x, mean.data(), s + 3 * channels, s + 4 * channels, rows, channels);
      return sum;
    };
    EXPECT_EQ(sums(g.data(), x.data()), sums(wide_g.data(), wide_x.data()));
  });
}

TEST(Bfloat16Product, AddsProductsOfRoundedNumbersInFloat) {
  on_all_bfloat16_kernels([] {
    for (const int64_t rows : {1, 5, 12, 33, 64, 90}) {
      for (const int64_t columns : {1, 16, 31, 64, 70}) {
        for (const int64_t depth : {2, 64, 130}) {
          const auto a = halves(normal(rows * depth, 1)), before = halves(normal(rows * columns, 3));
          const auto b = normal(depth * columns, 2);
          const PackedPairs packed(b.data(), depth, columns, columns, 1);
          std::vector<Bfloat16> fresh(rows * columns), added = before;
          multiply_block(a.data(), packed, rows, fresh.data(), {}, no_read_ahead);
          multiply_block(a.data(), packed, rows, added.data(), {.add = true}, no_read_ahead);
          for (int64_t i = 0; i < rows * columns; ++i) {
            double sum = 0;
            for (int64_t k = 0; k < depth; ++k) {
              sum += static_cast<double>(to_float(a[i / columns * depth + k])) *
                     to_float(to_bfloat16(b[k * columns + i % columns]));
            }
            ASSERT_TRUE(near(fresh[i], sum)) << rows << " x " << depth << " x " << columns << " at " << i;
            ASSERT_TRUE(near(added[i], sum + to_float(before[i])));
          }
        }
      }
    }
  });
}

TEST(Bfloat16Product, OfTransposedPairsAddsToFloats) {
  on_all_bfloat16_kernels([] {
    for (const int64_t rows : {1, 4, 9, 70}) {
      for (const int64_t columns_a : {1, 14, 64, 90}) {
        for (const int64_t columns_b : {2, 33, 64}) {
          const auto a = halves(normal(rows * columns_a, 1)), b = halves(normal(rows * columns_b, 2));
          std::vector<Bfloat16Pair> pairs_a((rows + 1) / 2 * columns_a), pairs_b((rows + 1) / 2 * columns_b);
          pair_rows(a.data(), pairs_a.data(), rows, columns_a);
          pair_rows(b.data(), pairs_b.data(), rows, columns_b);
          const auto before = normal(columns_a * columns_b, 3);
          std::vector<float> out = before;
          add_transposed_product(pairs_a.data(), pairs_b.data(), (rows + 1) / 2, columns_a, columns_b, out.data(),
                                 no_read_ahead);
          for (int64_t i = 0; i < columns_a * columns_b; ++i) {
            double sum = before[i];
            for (int64_t r = 0; r < rows; ++r) {
              sum += static_cast<double>(to_float(a[r * columns_a + i / columns_b])) *
                     to_float(b[r * columns_b + i % columns_b]);
            }
            ASSERT_NEAR(out[i], sum, 1e-5) << rows << ", " << columns_a << " x " << columns_b << " at " << i;
          }
        }
      }
    }
  });
}

}  // namespace
}  // namespace massface
