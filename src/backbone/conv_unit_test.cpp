#include "backbone/conv_unit.h"

#include <gtest/gtest.h>

namespace massface {
namespace {

// One channel; the convolution multiplies by 1; the input has a mean of 3 and a variance of 1e-5.
struct ConvUnitTest : testing::Test {
  ConvUnitTest() : unit(pointwise(1, 1), Activation::kPRelu) {
    const at::NoGradGuard no_grad;
    unit.named_parameters()["conv.weight"].fill_(1);
  }
  ConvUnit unit;
  const double step = std::sqrt(1e-5);
  const Tensor x = torch::tensor({3 - step, 3 + step}, at::kDouble).to(at::kFloat).reshape({2, 1, 1, 1});
};

TEST_F(ConvUnitTest, TrainingNormalisesWithTheBatchAndScalesNegativesByAQuarter) {
  unit.train();
  const Tensor y = unit.forward(x).flatten();
  // (x - 3) / sqrt(1e-5 + 1e-5) = +-1 / sqrt(2); the negative one is multiplied by PReLU's 0.25.
  EXPECT_NEAR(y[0].item<double>(), -0.25 / std::sqrt(2.0), 1e-3);
  EXPECT_NEAR(y[1].item<double>(), 1 / std::sqrt(2.0), 1e-3);
}

TEST_F(ConvUnitTest, TheStatisticsMoveByATenth) {
  unit.train();
  unit.forward(x);
  const auto buffers = unit.named_buffers();
  EXPECT_NEAR(buffers["norm.running_mean"].item<double>(), 0.3, 1e-6);
  EXPECT_NEAR(buffers["norm.running_var"].item<double>(), 0.9 + 0.1 * 2e-5, 1e-6);  // over n - 1
  unit.eval();
  unit.forward(x);
  EXPECT_NEAR(buffers["norm.running_mean"].item<double>(), 0.3, 1e-6);
}

// Runs a forward and a backward pass in training mode. The running statistics are unlike those of x, and the loss has a
// gradient for all parameters.
void train_on(ConvUnit& unit, const Tensor& x) {
  for (Tensor& parameter : unit.parameters()) parameter.mutable_grad().reset();
  unit.train();
  unit.forward(x).square().sum().backward();
}

TEST_F(ConvUnitTest, FrozenTrainingGivesWhatEvaluationGivesAndLearnsNothingOfBatchNorm) {
  unit.train();
  unit.forward(x);
  unit.norm()->set_mode(BatchNormMode::kFrozen);
  const Tensor mean = unit.named_buffers()["norm.running_mean"].clone(),
               variance = unit.named_buffers()["norm.running_var"].clone();
  train_on(unit, x);
  EXPECT_TRUE(unit.named_buffers()["norm.running_mean"].equal(mean));
  EXPECT_TRUE(unit.named_buffers()["norm.running_var"].equal(variance));
  EXPECT_FALSE(unit.named_parameters()["norm.weight"].grad().defined());
  EXPECT_FALSE(unit.named_parameters()["norm.bias"].grad().defined());
  EXPECT_TRUE(unit.named_parameters()["conv.weight"].grad().defined());
  const Tensor trained = unit.forward(x);
  unit.eval();
  EXPECT_TRUE(unit.forward(x).equal(trained));
}

TEST_F(ConvUnitTest, WithRunningStatisticsOnlyScaleAndShiftLearn) {
  unit.norm()->set_mode(BatchNormMode::kFrozen);
  unit.norm()->set_mode(BatchNormMode::kRunning);
  train_on(unit, x);
  EXPECT_EQ(unit.named_buffers()["norm.running_mean"].item<float>(), 0.f);
  EXPECT_EQ(unit.named_buffers()["norm.running_var"].item<float>(), 1.f);
  // y = gamma x about a mean of 0 and a variance of 1: the loss's gradient is 2 (x_1^2 + x_2^2), about 36.
  EXPECT_NEAR(unit.named_parameters()["norm.weight"].grad().item<double>(), 36, 0.01);
  EXPECT_NEAR(unit.named_parameters()["norm.bias"].grad().item<double>(), 12, 0.01);
  const Tensor trained = unit.forward(x);
  unit.eval();
  EXPECT_TRUE(unit.forward(x).equal(trained));
}

TEST_F(ConvUnitTest, EvaluationNormalisesWithTheStatistics) {
  unit.eval();
  EXPECT_NEAR(unit.forward(x)[1].item<double>(), 3 + step, 1e-3);
  unit.fold();
  EXPECT_NEAR(unit.forward(x)[1].item<double>(), 3 + step, 1e-3);
}

TEST_F(ConvUnitTest, ALinearUnitLetsNegativesThrough) {
  ConvUnit linear(pointwise(1, 1), Activation::kLinear);
  const at::NoGradGuard no_grad;
  linear.named_parameters()["conv.weight"].fill_(-1);
  linear.eval();
  EXPECT_NEAR(linear.forward(x)[1].item<double>(), -3 - step, 1e-3);
  linear.fold();
  EXPECT_NEAR(linear.forward(x)[1].item<double>(), -3 - step, 1e-3);
}

TEST(ConvUnit, TheOutputsSizeIsThatOfTheConvolution) {
  const ConvUnit unit(depthwise_3x3(8, 2), Activation::kPRelu);
  EXPECT_EQ(unit.output_size({112, 95}), (std::array<int64_t, 2>{56, 48}));
  EXPECT_EQ(unit.multiply_adds({56, 48}), 56 * 48 * 9 * 8);
}

}  // namespace
}  // namespace massface
