#include "kernels/code_products.h"

#include <gtest/gtest.h>

#include <vector>

#include "core/random.h"
#include "kernels/testing_targets.h"

namespace massface {
namespace {

constexpr int kLargestQuery = 2047;

std::vector<uint8_t> packed(const std::vector<int8_t>& codes) {
  std::vector<uint8_t> bytes(codes.size() / 2);
  pack_codes(codes.data(), static_cast<int64_t>(codes.size()), bytes.data());
  return bytes;
}

TEST(CodeProducts, AreExactOnEveryTarget) {
  Random random(3, RandomStream::kSyntheticImage);
  for (const int64_t n : {128, 256, 512, 640}) {
    const int64_t rows = 1 + static_cast<int64_t>(random.below(40));
    std::vector<int8_t> codes(static_cast<size_t>(rows * n));
    std::vector<int16_t> query(static_cast<size_t>(n));
    for (auto& code : codes) code = static_cast<int8_t>(static_cast<int>(random.below(16)) - 8);
    for (auto& x : query)
      x = static_cast<int16_t>(static_cast<int>(random.below(2 * kLargestQuery + 1)) - kLargestQuery);
    const std::vector<uint8_t> bytes = packed(codes);
    std::vector<int32_t> expected(static_cast<size_t>(rows));
    for (int64_t i = 0; i < rows; ++i) {
      for (int64_t j = 0; j < n; ++j) {
        expected[static_cast<size_t>(i)] +=
            (codes[static_cast<size_t>(i * n + j)] + kCodeBias) * query[static_cast<size_t>(j)];
      }
    }
    std::vector<int32_t> products(static_cast<size_t>(rows));
    code_products_reference(bytes.data(), rows, n, query.data(), products.data());
    EXPECT_EQ(products, expected) << n;
    on_all_targets([&] {
      std::vector<int32_t> computed(static_cast<size_t>(rows));
      code_products(bytes.data(), rows, n, query.data(), computed.data());
      EXPECT_EQ(computed, expected) << n;
    });
  }
}

// The largest products there are, of the longest rows there are.
TEST(CodeProducts, DoNotOverflow) {
  constexpr int64_t kLongest = 65536;
  const std::vector<uint8_t> bytes = packed(std::vector<int8_t>(kLongest, 7));
  const std::vector<int16_t> query(kLongest, kLargestQuery);
  on_all_targets([&] {
    int32_t product = 0;
    code_products(bytes.data(), 1, kLongest, query.data(), &product);
    EXPECT_EQ(product, 15 * kLargestQuery * kLongest);
  });
}

}  // namespace
}  // namespace massface
