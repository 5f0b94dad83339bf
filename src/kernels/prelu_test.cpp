#include "kernels/prelu.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/testing_targets.h"

namespace massface {
namespace {

struct Gradients {
  Tensor y, dx, dslope;
};

template <typename Activation>
Gradients gradients_of(const Activation& activation, const Tensor& x, const Tensor& slope, const Tensor& dy) {
  const Tensor input = x.detach().clone().requires_grad_();
  const Tensor weight = slope.detach().clone().requires_grad_();
  const Tensor y = activation(input, weight);
  y.backward(dy);
  return {y.detach(), input.grad(), weight.grad()};
}

Tensor channels_last(const Tensor& x) { return x.contiguous(at::MemoryFormat::ChannelsLast); }

const auto ours = [](const Tensor& x, const Tensor& slope) { return massface::prelu(x, slope); };
const auto reference = [](const Tensor& x, const Tensor& slope) { return at::prelu(x, slope); };

TEST(PRelu, ScalesWhatIsNotPositiveByItsChannelsSlope) {
  on_all_targets([] {
    // One pixel, three channels.
    const Tensor x = channels_last(torch::tensor({2.0f, -2.0f, 0.0f}).reshape({1, 3, 1, 1}));
    const Gradients result = gradients_of(ours, x, torch::tensor({0.5f, 0.25f, 0.1f}),
                                          channels_last(torch::tensor({1.0f, 8.0f, 10.0f}).reshape({1, 3, 1, 1})));
    EXPECT_TRUE(torch::equal(result.y.flatten(), torch::tensor({2.0f, -0.5f, 0.0f})));
    EXPECT_TRUE(torch::equal(result.dx.flatten(), torch::tensor({1.0f, 2.0f, 1.0f})));
    EXPECT_TRUE(torch::equal(result.dslope, torch::tensor({0.0f, -16.0f, 0.0f})));
  });
}

TEST(PRelu, EqualsItsReferenceForEveryShape) {
  on_all_targets([] {
    torch::manual_seed(2);
    for (const auto& sizes : std::vector<std::vector<int64_t>>{{1, 1, 1, 1},
                                                               {1, 64, 1, 1},
                                                               {3, 5, 2, 7},
                                                               {2, 17, 3, 3},
                                                               {1, 33, 40, 41},
                                                               {0, 8, 4, 4},
                                                               {5, 128, 28, 28},
                                                               {2, 70000, 1, 3}}) {
      const Tensor x = channels_last(torch::randn(sizes)), dy = channels_last(torch::randn(sizes));
      const Tensor slope = torch::randn({sizes[1]});
      const Gradients fast = gradients_of(ours, x, slope, dy), slow = gradients_of(reference, x, slope, dy);
      const Gradients exact = gradients_of(reference, x.to(at::kDouble), slope.to(at::kDouble), dy.to(at::kDouble));
      EXPECT_TRUE(torch::equal(fast.y, slow.y)) << x.sizes();
      EXPECT_TRUE(torch::equal(fast.dx, slow.dx)) << x.sizes();
      EXPECT_TRUE(torch::allclose(fast.dslope.to(at::kDouble), exact.dslope, 1e-5, 1e-4)) << x.sizes();
      Tensor in_place = x.clone();
      prelu_in_place(in_place, slope);
      EXPECT_TRUE(torch::equal(in_place, slow.y)) << x.sizes();
    }
  });
}

TEST(PRelu, TheSlopesGradientDoesNotDependOnThreads) {
  on_all_targets([] {
    torch::manual_seed(3);
    const Tensor x = channels_last(torch::randn({4, 64, 56, 56})), dy = channels_last(torch::randn({4, 64, 56, 56}));
    const Tensor slope = torch::full({64}, 0.25);
    const int before = at::get_num_threads();
    at::set_num_threads(1);
    const Gradients one = gradients_of(ours, x, slope, dy);
    at::set_num_threads(3);
    const Gradients three = gradients_of(ours, x, slope, dy);
    at::set_num_threads(before);
    EXPECT_TRUE(torch::equal(one.dslope, three.dslope));
    EXPECT_TRUE(torch::equal(one.dx, three.dx));
  });
}

// Blocks of 65,536 / C rows, summed row by row in float32, and the blocks' sums in float64: the same bits on every
// processor. Also shows that our kernel was used.
TEST(PRelu, TheSlopesGradientIsSummedInTheOrderOfTheRows) {
  on_all_targets([] {
    torch::manual_seed(6);
    constexpr int64_t kChannels = 37, kRows = 2 * 50 * 51, kBlockRows = 65536 / kChannels;
    const Tensor x = channels_last(torch::randn({2, kChannels, 50, 51})), dy = channels_last(torch::randn_like(x));
    const Tensor x_rows = x.permute({0, 2, 3, 1}).reshape({kRows, kChannels});
    const Tensor dy_rows = dy.permute({0, 2, 3, 1}).reshape({kRows, kChannels});
    const auto values = x_rows.accessor<float, 2>(), gradients = dy_rows.accessor<float, 2>();
    Tensor expected = torch::empty({kChannels});
    for (int64_t c = 0; c < kChannels; ++c) {
      double total = 0;
      for (int64_t begin = 0; begin < kRows; begin += kBlockRows) {
        float sum = 0;
        for (int64_t row = begin; row < std::min(begin + kBlockRows, kRows); ++row) {
          if (!(values[row][c] > 0)) sum += values[row][c] * gradients[row][c];
        }
        total += sum;
      }
      expected[c] = static_cast<float>(total);
    }
    EXPECT_TRUE(torch::equal(gradients_of(ours, x, torch::full({kChannels}, 0.25), dy).dslope, expected));
  });
}

TEST(PRelu, NotANumberStaysOne) {
  on_all_targets([] {
    const float nan = std::numeric_limits<float>::quiet_NaN();
    for (const int64_t channels : {3, 32}) {
      Tensor x = channels_last(torch::ones({1, channels, 2, 2}));
      x[0][1][1][1] = nan;
      const Gradients result = gradients_of(ours, x, torch::full({channels}, 0.25), torch::ones_like(x));
      EXPECT_TRUE(std::isnan(result.y[0][1][1][1].item<float>()));
      EXPECT_EQ(result.y.isnan().sum().item<int64_t>(), 1);
      EXPECT_FLOAT_EQ(result.dx[0][1][1][1].item<float>(), 0.25f);
      EXPECT_EQ(result.dslope.isnan().sum().item<int64_t>(), 1);
      EXPECT_TRUE(std::isnan(result.dslope[1].item<float>()));
    }
  });
}

TEST(PRelu, OtherTypesAndLayoutsTakeTheReference) {
  on_all_targets([] {
    torch::manual_seed(4);
    const Tensor slope = torch::randn({6});
    const Tensor contiguous = torch::randn({2, 6, 3, 4});
    EXPECT_TRUE(torch::equal(massface::prelu(contiguous, slope), at::prelu(contiguous, slope)));
    Tensor in_place = contiguous.clone();
    prelu_in_place(in_place, slope);
    EXPECT_TRUE(torch::equal(in_place, at::prelu(contiguous, slope)));

    const Tensor bf16 = channels_last(contiguous.to(at::kBFloat16));
    const Gradients result = gradients_of(ours, bf16, slope, torch::ones_like(bf16));
    EXPECT_EQ(result.y.scalar_type(), at::kBFloat16);
    EXPECT_TRUE(torch::equal(result.y, at::prelu(bf16, slope.to(at::kBFloat16))));
    EXPECT_EQ(result.dslope.scalar_type(), at::kFloat);
  });
}

TEST(PRelu, ItsGradientIsThatOfFiniteDifferences) {
  on_all_targets([] {
    torch::manual_seed(5);
    const Tensor x = channels_last(torch::randn({2, 19, 3, 3})), slope = torch::randn({19});
    const Tensor dy = channels_last(torch::randn({2, 19, 3, 3}));
    const Gradients result = gradients_of(ours, x, slope, dy);
    const auto weighted_sum = [&](const Tensor& slopes) {
      return (massface::prelu(x, slopes) * dy).sum().item<double>();
    };
    for (const int64_t c : {0, 7, 18}) {
      Tensor up = slope.clone(), down = slope.clone();
      up[c] += 0.125;
      down[c] -= 0.125;
      // Linear in the slope, so the difference is exact up to rounding.
      EXPECT_NEAR(result.dslope[c].item<double>(), (weighted_sum(up) - weighted_sum(down)) / 0.25, 2e-4);
    }
  });
}

}  // namespace
}  // namespace massface
