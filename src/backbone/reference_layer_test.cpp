#include "backbone/reference_layer.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "backbone/fused_network.h"

namespace massface {
namespace {

// A network of layers with and without fused forms, with a residual over two layers without.
class Mixed {
 public:
  Mixed() {
    add(conv_3x3(3, 8, 2), Activation::kPRelu);
    add(pointwise(8, 12), Activation::kPRelu);
    add(conv_3x3(12, 10), Activation::kPRelu);             // a whole 3x3 convolution
    add({10, 12, 3, 3, 1, 1, 1, 2}, Activation::kLinear);  // in two groups
    residual_from_ = 2;
    add(depthwise_3x3(12, 1), Activation::kPRelu);  // reads the residual, which its fused form cannot
    add({12, 6, 5, 5, 2, 2, 2}, Activation::kPRelu);
    add({6, 6, 6, 5, 1, 0, 0, 6}, Activation::kLinear);
  }

  std::vector<NetworkLayer> layers() const {
    std::vector<NetworkLayer> layers;
    for (const auto& unit : units_) layers.push_back({unit.get(), layers.size() == 3 ? residual_from_ : -1});
    return layers;
  }
  Tensor forward(Tensor x) const {
    Tensor kept;
    for (int64_t layer = 0; layer < std::ssize(units_); ++layer) {
      if (layer == residual_from_) kept = x;
      x = units_[layer]->forward(x);
      if (layer == 3) x = x + kept;
    }
    return x.flatten(1);
  }
  std::vector<std::shared_ptr<ConvUnit>> units_;

 private:
  void add(const ConvShape& shape, Activation activation) {
    units_.push_back(std::make_shared<ConvUnit>(shape, activation));
    Random random(7, RandomStream::kParameterInit, units_.size());
    units_.back()->draw_weights(random);
  }
  int64_t residual_from_ = -1;
};

double relative(const Tensor& ours, const Tensor& truth) {
  return ((ours.to(at::kDouble) - truth).norm() / truth.norm()).item<double>();
}

TEST(ReferenceLayer, TakesThePlaceOfAFusedFormInAFusedPass) {
  torch::manual_seed(3);
  const Tensor x = torch::randn({5, 3, 23, 20}).contiguous(at::MemoryFormat::ChannelsLast);
  const Mixed fused, exact;
  const auto network = FusedNetwork::of(fused.layers(), {23, 20});
  ASSERT_NE(network, nullptr);
  for (const auto& unit : exact.units_) unit->to(at::kDouble);
  const Tensor output = network->forward(x), truth = exact.forward(x.to(at::kDouble));
  EXPECT_LT(relative(output, truth), 1e-5);
  const Tensor direction = torch::randn_like(output);
  (output * direction).sum().backward();
  (truth * direction.to(at::kDouble)).sum().backward();
  for (size_t layer = 0; layer < fused.units_.size(); ++layer) {
    const auto ours = fused.units_[layer]->named_parameters();
    for (const auto& parameter : exact.units_[layer]->named_parameters()) {
      const Tensor of_ours = ours[parameter.key()].grad(), of_truth = parameter.value().grad();
      // A shift before another BatchNorm has no effect: its gradient is only rounding.
      EXPECT_LT((of_ours.to(at::kDouble) - of_truth).norm().item<double>(),
                1e-4 * of_truth.norm().item<double>() + 1e-4)
          << layer << " " << parameter.key();
    }
    EXPECT_LT(relative(fused.units_[layer]->parts().running_mean, exact.units_[layer]->parts().running_mean), 1e-3);
  }
}

// A depthwise layer must keep its input if a residual reads that, which its fused form cannot do.
TEST(ReferenceLayer, TakesTheLayerWhoseInputIsReadAgain) {
  torch::manual_seed(4);
  const Tensor x = torch::randn({4, 3, 16, 16}).contiguous(at::MemoryFormat::ChannelsLast);
  const std::vector<ConvShape> shapes = {
      conv_3x3(3, 8, 2), depthwise_3x3(8, 1), pointwise(8, 8), pointwise(8, 8), {8, 8, 8, 8, 1, 0, 0, 8}};
  std::vector<std::shared_ptr<ConvUnit>> units;
  std::vector<NetworkLayer> layers;
  for (const ConvShape& shape : shapes) {
    units.push_back(std::make_shared<ConvUnit>(shape, Activation::kPRelu));
    Random random(7, RandomStream::kParameterInit, units.size());
    units.back()->draw_weights(random);
    layers.push_back({units.back().get(), units.size() == 3 ? 1 : -1});
  }
  const auto network = FusedNetwork::of(layers, {16, 16});
  ASSERT_NE(network, nullptr);
  const auto gradients = [&](const Tensor& output) {
    std::vector<Tensor> weights;
    for (const auto& unit : units) weights.push_back(unit->parts().weight);
    return torch::autograd::grad({output.square().sum()}, weights);
  };
  const Tensor fused = network->forward(x);
  const auto ours = gradients(fused);
  Tensor y = units[0]->forward(x);
  y = units[2]->forward(units[1]->forward(y)) + y;
  y = units[4]->forward(units[3]->forward(y)).flatten(1);
  EXPECT_LT(relative(fused, y.to(at::kDouble)), 1e-4);
  const auto theirs = gradients(y);
  for (size_t layer = 0; layer < ours.size(); ++layer) {
    EXPECT_LT((ours[layer] - theirs[layer]).norm().item<double>(), 2e-3 * theirs[layer].norm().item<double>() + 1e-3)
        << layer;
  }
}

}  // namespace
}  // namespace massface
