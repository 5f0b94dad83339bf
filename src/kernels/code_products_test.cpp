#include "kernels/code_products.h"

#include <gtest/gtest.h>

#include <vector>

#include "core/random.h"
#include "kernels/testing_targets.h"

namespace massface {
namespace {

TEST(CodeProducts, AreExactOnEveryTarget) {
  Random random(3, RandomStream::kSyntheticImage);
  for (const int64_t n : {64, 128, 512, 576}) {
    const int64_t rows = 1 + static_cast<int64_t>(random.below(40));
    std::vector<int8_t> codes(static_cast<size_t>(rows * n));
    std::vector<int16_t> query(static_cast<size_t>(n));
    for (auto& code : codes) code = static_cast<int8_t>(static_cast<int>(random.below(255)) - 127);
    for (auto& code : query) code = static_cast<int16_t>(static_cast<int>(random.below(255)) - 127);
    std::vector<int32_t> expected(static_cast<size_t>(rows));
    code_products_reference(codes.data(), rows, n, query.data(), expected.data());
    on_all_targets([&] {
      std::vector<int32_t> products(static_cast<size_t>(rows));
      code_products(codes.data(), rows, n, query.data(), products.data());
      EXPECT_EQ(products, expected) << n;
    });
  }
}

// The largest products there are: 512 times 127 times 127.
TEST(CodeProducts, DoNotOverflow) {
  const std::vector<int8_t> codes(512, -127);
  const std::vector<int16_t> query(512, 127);
  on_all_targets([&] {
    int32_t product = 0;
    code_products(codes.data(), 1, 512, query.data(), &product);
    EXPECT_EQ(product, -512 * 127 * 127);
  });
}

}  // namespace
}  // namespace massface
