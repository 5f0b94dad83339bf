#include "kernels/matrix_product.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <cmath>
#include <tuple>
#include <vector>

#include "core/tensor.h"
#include "kernels/testing_targets.h"

namespace massface {
namespace {

Tensor product(const Tensor& a, const Tensor& b) {
  Tensor out = at::full({a.size(0), b.size(1)}, -7.0f);
  multiply_matrices({a.const_data_ptr<float>(), a.stride(0)}, {b.const_data_ptr<float>(), b.stride(0)}, a.size(0),
                    a.size(1), b.size(1), out.mutable_data_ptr<float>(), out.stride(0));
  return out;
}

TEST(MatrixProduct, IsTheChainOfTheDepthForEveryShape) {
  on_all_targets([] {
    at::manual_seed(1);
    for (const auto& [rows, depth, columns] : std::vector<std::tuple<int64_t, int64_t, int64_t>>{
             {1, 1, 1}, {12, 5, 32}, {13, 300, 33}, {67, 257, 31}, {5, 600, 530}}) {
      const Tensor a = at::randn({rows, depth}), b = at::randn({depth, columns});
      const Tensor c = product(a, b);
      for (int64_t i = 0; i < rows; ++i) {
        for (int64_t j = 0; j < columns; ++j) {
          float sum = 0;
          for (int64_t k = 0; k < depth; ++k) {
            sum = std::fma(a.const_data_ptr<float>()[i * depth + k], b.const_data_ptr<float>()[k * columns + j], sum);
          }
          ASSERT_EQ(c.const_data_ptr<float>()[i * columns + j], sum) << rows << " " << depth << " " << columns;
        }
      }
    }
  });
}

TEST(MatrixProduct, ReadsRowsThatLieApart) {
  on_all_targets([] {
    const Tensor wide = at::randn({20, 40});
    const Tensor a = wide.slice(1, 3, 17), b = at::randn({14, 9});
    EXPECT_TRUE(product(a, b).equal(product(a.contiguous(), b)));
  });
}

TEST(MatrixProduct, GivesTheSameBitsOnAnyNumberOfThreads) {
  on_all_targets([] {
    const Tensor a = at::randn({150, 300}), b = at::randn({300, 70});
    const int before = at::get_num_threads();
    at::set_num_threads(1);
    const Tensor one = product(a, b);
    at::set_num_threads(4);
    EXPECT_TRUE(one.equal(product(a, b)));
    at::set_num_threads(before);
  });
}

}  // namespace
}  // namespace massface
