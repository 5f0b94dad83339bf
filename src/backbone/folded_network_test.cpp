#include "backbone/folded_network.h"

#include <ATen/autocast_mode.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "backbone/backbone.h"
#include "backbone/testing_images.h"
#include "kernels/testing_targets.h"

namespace massface {
namespace {

// Returns a network whose statistics and parameters are no longer the initial ones, so that each of them matters.
std::shared_ptr<Backbone> changed_network(const std::string& name, const std::string& kernels, int64_t height,
                                          int64_t width) {
  const auto network = make_backbone({.name = name, .embedding_size = 0, .kernels = kernels}, height, width, 3);
  const at::NoGradGuard no_grad;
  torch::manual_seed(8);
  for (const auto& item : network->named_parameters()) {
    if (item.value().dim() == 1) item.value().add_(0.2 * torch::randn_like(item.value()));
  }
  for (const auto& item : network->named_buffers()) item.value().add_(0.5 * torch::rand_like(item.value()));
  network->eval();
  return network;
}

void compare_folded(const std::string& name, int64_t batch, int64_t height, int64_t width, double tolerance = 3e-6) {
  const at::NoGradGuard no_grad;
  const auto fast = changed_network(name, "fast", height, width),
             exact = copy_of(*fast, {.name = name, .kernels = "reference"}, height, width);
  fast->fold_for_inference();
  exact->eval();
  exact->to(at::kDouble);
  const Tensor x = random_images(batch, height, width);
  ASSERT_TRUE(FoldedNetwork::takes(x));
  const Tensor truth = exact->forward(x.to(at::kDouble));  // not folded, in double
  const Tensor error = (fast->forward(x).to(at::kDouble) - truth).norm() / truth.norm();
  EXPECT_LT(error.item<double>(), tolerance) << batch << " of " << height << " x " << width;
}

TEST(FoldedNetwork, AgreesWithTheNetworkThatIsNotFolded) {
  compare_folded("mobilefacenet", at::get_num_threads(), 16, 16);
  compare_folded("mobilefacenet", 37, 48, 32);
  compare_folded("mobilefacenet_massface", 5, 112, 96);
}

TEST(EveryBackbone, AgreesWithTheNetworkThatIsNotFoldedInDouble) {
  for (const std::string& name : backbone_names()) {
    SCOPED_TRACE(name);
    compare_folded(name, 3, small_size(name), small_size(name), 1e-5);
  }
}

// Turns PyTorch's autocast to bfloat16 on while it exists.
class InBfloat16 {
 public:
  InBfloat16() {
    at::autocast::set_autocast_dtype(at::kCPU, at::kBFloat16);
    at::autocast::set_autocast_enabled(at::kCPU, true);
  }
  ~InBfloat16() {
    at::autocast::set_autocast_enabled(at::kCPU, false);
    at::autocast::clear_cache();
  }
  InBfloat16(const InBfloat16&) = delete;
  InBfloat16& operator=(const InBfloat16&) = delete;
};

TEST(FoldedNetwork, InBfloat16ItIsAsNearAsTheLayersOneAfterAnother) {
  const at::NoGradGuard no_grad;
  const auto fast = changed_network("mobilefacenet_massface", "fast", 48, 64);
  const auto exact = changed_network("mobilefacenet_massface", "reference", 48, 64),
             reference = changed_network("mobilefacenet_massface", "reference", 48, 64);
  fast->fold_for_inference();
  reference->fold_for_inference();
  exact->to(at::kDouble);
  const Tensor x = random_images(9, 48, 64);
  const Tensor truth = exact->forward(x.to(at::kDouble));
  const auto error = [&](const Tensor& y) { return (y.to(at::kDouble) - truth).norm().item<double>(); };
  const auto in_bfloat16 = [&](Backbone& network) {
    const InBfloat16 autocast;
    return error(network.forward(x).to(at::kFloat));
  };
  const double of_reference = in_bfloat16(*reference), in_float32 = error(fast->forward(x));
  EXPECT_LT(in_float32, 0.01 * of_reference);
  on_all_bfloat16_kernels([&] {
    EXPECT_LT(in_bfloat16(*fast), 1.5 * of_reference);
    EXPECT_GT(in_bfloat16(*fast), 10 * in_float32) << "computed in float32";
  });
  EXPECT_EQ(error(fast->forward(x)), in_float32) << "back to float32";
}

TEST(FoldedNetwork, AnEmbeddingDoesNotDependOnTheOtherImagesOrTheThreads) {
  const at::NoGradGuard no_grad;
  const auto folded = changed_network("mobilefacenet_massface", "fast", 48, 48);
  folded->fold_for_inference();
  const Tensor x = random_images(23, 48, 48);
  const Tensor together = folded->forward(x);
  const int threads = at::get_num_threads();
  for (const int number : {1, 2, 3, 5}) {
    at::set_num_threads(number);
    EXPECT_TRUE(torch::equal(folded->forward(x), together)) << number;
    for (const int64_t image : {0, 7, 22}) {
      EXPECT_TRUE(torch::equal(folded->forward(x.slice(0, image, image + 1))[0], together[image])) << image;
    }
  }
  at::set_num_threads(threads);
}

TEST(FoldedNetwork, AnImageIsSharedIfMostThreadsWouldHaveNone) {
  EXPECT_FALSE(FoldedNetwork::shares_images(1, 1));
  EXPECT_TRUE(FoldedNetwork::shares_images(1, 2));
  EXPECT_TRUE(FoldedNetwork::shares_images(16, 64));
  EXPECT_FALSE(FoldedNetwork::shares_images(17, 64));
  EXPECT_FALSE(FoldedNetwork::shares_images(63, 64));
  EXPECT_FALSE(FoldedNetwork::shares_images(2, 3));
}

TEST(FoldedNetwork, MoreThreadsThanImagesGiveTheSameBits) {
  const at::NoGradGuard no_grad;
  const auto folded = changed_network("mobilefacenet_massface", "fast", 48, 48);
  folded->fold_for_inference();
  const Tensor x = random_images(13, 48, 48);
  const int threads = at::get_num_threads();
  const auto expect_same_bits = [&] {
    at::set_num_threads(1);
    const Tensor alone = folded->forward(x);
    at::set_num_threads(12);
    for (const int64_t batch : {1, 2, 3, 4, 11, 12, 13}) {
      EXPECT_TRUE(torch::equal(folded->forward(x.slice(0, 0, batch)), alone.slice(0, 0, batch))) << batch;
    }
    at::set_num_threads(threads);
  };
  expect_same_bits();
  on_all_bfloat16_kernels([&] {
    const InBfloat16 autocast;
    expect_same_bits();
  });
}

TEST(FoldedNetwork, OneNetworkTakesImagesOfSeveralSizes) {
  // The global kernel fits only one size. The reference rejects other sizes, and so does this pass.
  const at::NoGradGuard no_grad;
  const auto folded = changed_network("mobilefacenet", "fast", 48, 48);
  folded->fold_for_inference();
  EXPECT_EQ(folded->forward(random_images(4, 48, 48)).size(0), 4);
  EXPECT_EQ(folded->forward(random_images(4, 45, 48)).size(0), 4);  // 45 pixels: 23, 12, 6, 3 after strides of two
  EXPECT_THROW(folded->forward(random_images(4, 16, 16)), std::exception);
}

}  // namespace
}  // namespace massface
