#include "backbone/fused_network.h"

#include <ATen/autocast_mode.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <algorithm>
#include <cmath>

#include "backbone/backbone.h"
#include "backbone/testing_images.h"
#include "core/error.h"
#include "kernels/testing_targets.h"

namespace massface {
namespace {

std::shared_ptr<Backbone> fresh_network(const std::string& name, const std::string& kernels, int64_t height,
                                        int64_t width, double dropout = 0) {
  return make_backbone({.name = name, .embedding_size = 0, .kernels = kernels, .dropout = dropout}, height, width, 3);
}

struct Result {
  Tensor output;
  torch::OrderedDict<std::string, Tensor> gradients, statistics;
};

Result train(Backbone& network, const Tensor& x, const Tensor& direction, BatchNormMode mode = BatchNormMode::kBatch) {
  network.train();
  network.set_batch_norm(mode);
  Result result;
  result.output = network.forward(x);
  (result.output * direction.to(x.scalar_type())).sum().backward();
  for (const auto& parameter : network.named_parameters()) {
    const Tensor gradient = parameter.value().grad();
    if (gradient.defined()) result.gradients.insert(parameter.key(), gradient.to(at::kDouble));
  }
  for (const auto& buffer : network.named_buffers())
    result.statistics.insert(buffer.key(), buffer.value().to(at::kDouble));
  return result;
}

double distance(const Tensor& a, const Tensor& b) { return (a - b).norm().item<double>(); }

// A network without a fused pass takes the layers one after another.
void expect_equal(const Result& one, const Result& other) {
  EXPECT_TRUE(torch::equal(one.output, other.output));
  for (const auto& item : one.gradients) EXPECT_TRUE(torch::equal(item.value(), other.gradients[item.key()]));
  for (const auto& item : one.statistics) EXPECT_TRUE(torch::equal(item.value(), other.statistics[item.key()]));
}

// The layer-by-layer pass in double is the truth. Many gradients are zero except for rounding (the next BatchNorm
// removes a shift), so the test is that the fused pass is not much farther from the truth than the same arithmetic in
// float32, layer by layer.
void compare_fused(const std::string& name, int64_t batch, int64_t height, int64_t width,
                   BatchNormMode mode = BatchNormMode::kBatch, double slack = 0, double dropout = 0) {
  const Tensor x = random_images(batch, height, width);
  const auto fused = fresh_network(name, "fast", height, width, dropout),
             reference = copy_of(*fused, {.name = name, .kernels = "reference", .dropout = dropout}, height, width),
             exact = copy_of(*reference, {.name = name, .kernels = "reference", .dropout = dropout}, height, width);
  torch::manual_seed(9);
  const Tensor direction = torch::randn({batch, fused->embedding_size()});
  const Result ours = train(*fused, x, direction, mode), theirs = train(*reference, x, direction, mode);
  if (fused->layers().empty()) return expect_equal(ours, theirs);
  exact->to(at::kDouble);
  const Result truth = train(*exact, x.to(at::kDouble), direction, mode);
  ASSERT_EQ(ours.gradients.size(), truth.gradients.size());
  EXPECT_LT(distance(ours.output, truth.output), 3 * distance(theirs.output, truth.output));
  double scale = 0;
  for (const auto& gradient : truth.gradients) scale = std::max(scale, gradient.value().norm().item<double>());
  for (const auto& gradient : truth.gradients) {
    const auto& key = gradient.key();
    const double mine = distance(ours.gradients[key], gradient.value()),
                 floats = distance(theirs.gradients[key], gradient.value());
    EXPECT_LT(mine, 10 * floats + 1e-7 * scale + slack * (gradient.value().norm().item<double>() + 0.01 * scale))
        << key << " " << gradient.value().norm().item<double>();
  }
  for (const auto& buffer : truth.statistics) {
    EXPECT_TRUE(torch::allclose(ours.statistics[buffer.key()], buffer.value(), 1e-4, 1e-6)) << buffer.key();
  }
}

TEST(FusedNetwork, AgreesWithTheReferenceInOutputsGradientsAndStatistics) { compare_fused("mobilefacenet", 4, 48, 32); }

TEST(FusedNetwork, AnnouncesEachGradientOnceFromTheLastLayerToTheFirst) {
  const auto network = fresh_network("mobilefacenet", "fast", 48, 32);
  std::vector<std::pair<const void*, Tensor>> announced;
  network->announce_gradients([&](const Tensor& parameter, const Tensor& gradient) {
    announced.emplace_back(parameter.unsafeGetTensorImpl(), gradient.clone());
  });
  train(*network, random_images(4, 48, 32), torch::ones({4, network->embedding_size()}));
  const auto parameters = network->parameters();
  ASSERT_EQ(announced.size(), parameters.size());
  EXPECT_EQ(announced.front().first, parameters[parameters.size() - 3].unsafeGetTensorImpl());  // the last weight
  for (const Tensor& parameter : parameters) {
    const auto of =
        std::ranges::find(announced, parameter.unsafeGetTensorImpl(), &decltype(announced)::value_type::first);
    ASSERT_NE(of, announced.end());
    EXPECT_TRUE(of->second.equal(parameter.grad()));
  }
}

TEST(FusedNetwork, ByRunningStatisticsToo) {
  compare_fused("mobilefacenet", 4, 48, 32, BatchNormMode::kRunning);
  compare_fused("mobilefacenet", 4, 48, 32, BatchNormMode::kFrozen);
}

TEST(FusedNetwork, TheModeOfTheForwardPassIsThatOfTheBackwardPass) {
  const Tensor x = random_images(4, 48, 32);
  const auto one = fresh_network("mobilefacenet", "fast", 48, 32),
             other = fresh_network("mobilefacenet", "fast", 48, 32);
  one->train();
  other->train();
  const Tensor of_one = one->forward(x), of_other = other->forward(x);
  other->eval();
  of_one.square().sum().backward();
  of_other.square().sum().backward();
  const auto expected = one->named_parameters();
  for (const auto& parameter : other->named_parameters()) {
    EXPECT_TRUE(torch::equal(parameter.value().grad(), expected[parameter.key()].grad())) << parameter.key();
  }
}

TEST(EveryBackbone, AgreesWithItsReferenceWhenFused) {
  for (const std::string& name : backbone_names()) {
    SCOPED_TRACE(name);
    const int64_t size = small_size(name);
    // Rounding that turns the sign of a few inputs of PReLU is let through: the tests of one network are strict.
    compare_fused(name, 3, size, size, BatchNormMode::kBatch, 0.01);
  }
}

// Dropout comes between the fused pass, which ends before the last layer, and that layer.
TEST(FusedNetwork, AgreesWithTheReferenceWithDropout) {
  compare_fused("mobilefacenet", 4, 48, 32, BatchNormMode::kBatch, 0, /*dropout=*/0.5);
  compare_fused("sphereface20", 4, 48, 32, BatchNormMode::kBatch, 0.01, /*dropout=*/0.5);  // ends in several pixels
}

TEST(FusedNetwork, TakesImagesThatAreNotSquare) { compare_fused("mobilefacenet_massface", 3, 112, 96); }

// Running the same kernels a second time gives the same bits.
TEST(FusedNetwork, AMemoryBudgetChangesNoBit) {
  const Tensor x = random_images(4, 64, 48);
  torch::manual_seed(9);
  const Tensor direction = torch::randn({4, 512});
  const Result whole = train(*fresh_network("mobilefacenet_massface", "fast", 64, 48), x, direction);
  for (const int64_t megabytes : {15, 13, 11}) {
    const auto with = make_backbone({.name = "mobilefacenet_massface", .memory_budget = megabytes}, 64, 48, 3);
    const Result again = train(*with, x, direction);
    EXPECT_TRUE(torch::equal(again.output, whole.output)) << megabytes;
    for (const auto& gradient : whole.gradients) {
      EXPECT_TRUE(torch::equal(again.gradients[gradient.key()], gradient.value())) << gradient.key() << megabytes;
    }
    for (const auto& buffer : whole.statistics) {
      EXPECT_TRUE(torch::equal(again.statistics[buffer.key()], buffer.value())) << buffer.key() << megabytes;
    }
  }
  const auto tight = make_backbone({.name = "mobilefacenet_massface", .memory_budget = 1}, 64, 48, 3);
  tight->train();
  EXPECT_THROW(tight->forward(x), Error);
}

// In bfloat16, the fused pass is compared with the layer-by-layer pass under bf16 autocast, which rounds as often.
void compare_bfloat16(const std::string& name, int64_t batch, int64_t height, int64_t width) {
  const Tensor x = random_images(batch, height, width);
  const auto fused = fresh_network(name, "fast", height, width);
  const auto reference = fresh_network(name, "reference", height, width),
             exact = fresh_network(name, "reference", height, width);
  exact->to(at::kDouble);
  torch::manual_seed(9);
  const Tensor direction = torch::randn({batch, fused->embedding_size()});
  const Result truth = train(*exact, x.to(at::kDouble), direction);
  at::autocast::set_autocast_dtype(at::kCPU, at::kBFloat16);
  at::autocast::set_autocast_enabled(at::kCPU, true);
  const Result ours = train(*fused, x, direction), theirs = train(*reference, x, direction);
  at::autocast::set_autocast_enabled(at::kCPU, false);
  at::autocast::clear_cache();
  EXPECT_EQ(ours.output.scalar_type(), at::kFloat);
  EXPECT_LT(distance(ours.output, truth.output), 1.5 * distance(theirs.output, truth.output));
  const auto error = [&](const auto& ours_of, const auto& truth_of) {
    double sum = 0;
    for (const auto& item : truth_of) sum += std::pow(distance(ours_of[item.key()], item.value()), 2);
    return std::sqrt(sum);
  };
  EXPECT_LT(error(ours.gradients, truth.gradients), 1.5 * error(theirs.gradients, truth.gradients));
  EXPECT_LT(error(ours.statistics, truth.statistics), 1.5 * error(theirs.statistics, truth.statistics));
}

// All bfloat16 products, and null for float32 products of the same activations.
std::vector<const Bfloat16Kernels*> with_and_without_products() {
  std::vector<const Bfloat16Kernels*> kernels = testable_bfloat16_kernels();
  kernels.push_back(nullptr);
  return kernels;
}

// Without the batch's statistics, which amplify rounding, the error of each parameter's gradient can be bounded.
void expect_near_gradients_in_bfloat16() {
  const Tensor x = random_images(8, 48, 32);
  const auto fused = fresh_network("mobilefacenet", "fast", 48, 32),
             exact = fresh_network("mobilefacenet", "reference", 48, 32);
  exact->to(at::kDouble);
  const Tensor direction = torch::randn({8, 128});
  const Result truth = train(*exact, x.to(at::kDouble), direction, BatchNormMode::kRunning);
  at::autocast::set_autocast_enabled(at::kCPU, true);
  const Result ours = train(*fused, x, direction, BatchNormMode::kRunning);
  at::autocast::set_autocast_enabled(at::kCPU, false);
  for (const auto& gradient : truth.gradients) {
    EXPECT_LT(distance(ours.gradients[gradient.key()], gradient.value()), 0.5 * gradient.value().norm().item<double>())
        << gradient.key();
  }
}

TEST(FusedNetwork, InBfloat16EveryGradientIsNear) {
  on_all_targets([] {
    for (const Bfloat16Kernels* kernels : with_and_without_products()) {
      const WithBfloat16Kernels with(kernels);
      SCOPED_TRACE(describe_bfloat16_products());
      expect_near_gradients_in_bfloat16();
    }
  });
}

TEST(FusedNetwork, InBfloat16ItIsAsNearAsTheReferenceInBfloat16) {
  compare_bfloat16("mobilefacenet_massface", 3, 112, 96);
  for (const Bfloat16Kernels* kernels : with_and_without_products()) {
    const WithBfloat16Kernels with(kernels);
    SCOPED_TRACE(describe_bfloat16_products());
    compare_bfloat16("mobilefacenet", 8, 48, 32);
  }
}

}  // namespace
}  // namespace massface
