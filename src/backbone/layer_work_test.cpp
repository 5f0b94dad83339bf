#include "backbone/layer_work.h"

#include <gtest/gtest.h>

#include "backbone/backbone.h"

namespace massface {
namespace {

struct Expected {
  const char* kind;
  double forward_flops, forward_floats, backward_flops, backward_floats;
};

void expect_work(const LayerWork& work, const Expected& expected) {
  EXPECT_EQ(work.kind, expected.kind);
  EXPECT_EQ(work.forward.flops, expected.forward_flops);
  EXPECT_EQ(work.forward.bytes, 4 * expected.forward_floats);
  EXPECT_EQ(work.backward.flops, expected.backward_flops);
  EXPECT_EQ(work.backward.bytes, 4 * expected.backward_floats);
}

TEST(LayerWork, CountsWhatEachKindReadsWritesAndMultiplies) {
  ConvUnit stem(conv_3x3(3, 4, 2), Activation::kPRelu), depthwise(depthwise_3x3(4, 2), Activation::kPRelu),
      project(pointwise(4, 8), Activation::kLinear), global({8, 8, 2, 2, 1, 0, 0, 8}, Activation::kLinear),
      embedding(pointwise(8, 5), Activation::kLinear);
  // Pixels: 8 x 8 images, 4 x 4, 2 x 2, 2 x 2, 1 x 1; two images.
  const std::vector<LayerWork> work =
      work_of_layers({{&stem}, {&depthwise}, {&project}, {&global}, {&embedding}}, {8, 8}, 2);
  ASSERT_EQ(work.size(), 5U);
  expect_work(work[0], {"stem", 2.0 * 2 * 16 * 4 * 27, 384 + 128 + 108, 2.0 * 2 * 16 * 4 * 27, 2 * 128 + 384 + 108});
  expect_work(work[1], {"depthwise", 2.0 * 2 * 4 * 4 * 9, 128 + 32 + 36, 4.0 * 2 * 4 * 4 * 9, 64 + 256 + 72});
  expect_work(work[2], {"pointwise", 2.0 * 2 * 4 * 32, 32 + 64 + 32, 4.0 * 2 * 4 * 32, 128 + 64 + 64});
  expect_work(work[3], {"global_depthwise", 2.0 * 2 * 32, 64 + 16 + 32, 4.0 * 2 * 32, 32 + 128 + 64});
  expect_work(work[4], {"embedding", 2.0 * 2 * 40, 16 + 10 + 40, 4.0 * 2 * 40, 20 + 32 + 80});
  EXPECT_EQ(work[1].input_size, (std::array<int64_t, 2>{4, 4}));
}

TEST(LayerWork, AResidualIsKeptReadAndItsGradientAddedTo) {
  ConvUnit before(pointwise(4, 4), Activation::kLinear), block(pointwise(4, 4), Activation::kLinear),
      after(pointwise(4, 4), Activation::kLinear);
  // The input of the second layer is added to its output; the third reads the sum.
  const std::vector<LayerWork> work = work_of_layers({{&before}, {&block, 1}, {&after}}, {2, 2}, 1);
  // 16 floats per activation, 16 weights. The second layer keeps its input and finds the residual's gradient there.
  expect_work(work[1], {"pointwise", 128, 2 * 16 + 16 + 16, 256, 2 * 16 + 2 * 16 + 2 * 16 + 2 * 16});
  // The third reads the residual too and keeps the sum.
  expect_work(work[2], {"pointwise", 128, 3 * 16 + 16 + 16, 256, 2 * 16 + 2 * 16 + 16 + 2 * 16});
}

TEST(LayerWork, SumsToTheNetworksFlops) {
  const auto network = make_backbone({.name = "mobilefacenet_massface"}, 112, 96, 1);
  double flops = 0;
  for (const LayerWork& work : work_of_layers(network->layers(), {112, 96}, 3)) flops += work.forward.flops;
  EXPECT_EQ(flops, 3 * flops_per_image(*network, 112, 96));
}

TEST(LayerClock, IsToldEachLayerOnceInEachDirection) {
  const auto network = make_backbone({.name = "mobilefacenet"}, 32, 32, 1);
  LayerClock clock;
  network->train();
  network->time_layers(&clock);
  const Tensor images = torch::rand({2, 3, 32, 32}).contiguous(at::MemoryFormat::ChannelsLast);
  network->forward(images).sum().backward();
  network->time_layers(nullptr);
  network->forward(images).sum().backward();
  ASSERT_EQ(clock.layers().size(), network->layers().size());
  for (const LayerClock::Times& times : clock.layers()) {
    EXPECT_EQ(times.forward_calls, 1);
    EXPECT_EQ(times.backward_calls, 1);
    EXPECT_GT(times.forward_seconds, 0);
    EXPECT_GT(times.backward_seconds, 0);
  }
}

}  // namespace
}  // namespace massface
