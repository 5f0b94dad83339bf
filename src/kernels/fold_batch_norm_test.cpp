#include "kernels/fold_batch_norm.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

namespace massface {
namespace {

TEST(FoldBatchNorm, FollowsTheFormula) {
  const Tensor weight = torch::tensor({2.0f, 4.0f}).reshape({2, 1, 1, 1});
  const auto folded =
      fold_batch_norm(weight, /*gamma=*/torch::tensor({3.0f, 1.0f}), /*beta=*/torch::tensor({1.0f, 0.5f}),
                      /*mean=*/torch::tensor({4.0f, -2.0f}), /*variance=*/torch::tensor({3.0f, 0.0f}),
                      /*eps=*/1.0);
  // Factors 3 / sqrt(4) = 1.5 and 1 / sqrt(1) = 1.
  EXPECT_TRUE(torch::equal(folded.weight.flatten(), torch::tensor({3.0f, 4.0f})));
  EXPECT_TRUE(torch::equal(folded.bias, torch::tensor({-5.0f, 2.5f})));
}

TEST(FoldBatchNorm, GivesWhatConvolutionAndBatchNormGive) {
  torch::manual_seed(1);
  for (const int64_t groups : {1, 8}) {
    const Tensor x = torch::randn({2, 8, 7, 5});
    const Tensor weight = torch::randn({8, 8 / groups, 3, 3});
    const Tensor gamma = torch::randn({8}), beta = torch::randn({8}), mean = torch::randn({8});
    const Tensor variance = torch::rand({8}) + 0.01;
    const auto folded = fold_batch_norm(weight, gamma, beta, mean, variance, 1e-5);
    const Tensor expected = at::batch_norm(at::conv2d(x, weight, {}, 1, 1, 1, groups), gamma, beta, mean, variance,
                                           /*training=*/false, 0.1, 1e-5, false);
    EXPECT_TRUE(torch::allclose(at::conv2d(x, folded.weight, folded.bias, 1, 1, 1, groups), expected, 1e-4, 1e-4));
  }
}

TEST(FoldBatchNorm, IsAlsoFoldedIntoTheConvolutionAfterIt) {
  torch::manual_seed(2);
  const Tensor x = torch::randn({2, 6, 7, 5});
  const FoldedConvolution convolution{.weight = torch::randn({4, 6, 7, 5}), .bias = torch::randn({4})};
  const Tensor gamma = torch::randn({6}), beta = torch::randn({6}), mean = torch::randn({6});
  const Tensor variance = torch::rand({6}) + 0.01;
  const auto folded = fold_batch_norm_before(convolution, gamma, beta, mean, variance, 1e-5);
  const Tensor normalised = at::batch_norm(x, gamma, beta, mean, variance, /*training=*/false, 0.1, 1e-5, false);
  const Tensor expected = at::conv2d(normalised, convolution.weight, convolution.bias);
  EXPECT_TRUE(torch::allclose(at::conv2d(x, folded.weight, folded.bias), expected, 1e-4, 1e-4));
}

}  // namespace
}  // namespace massface
