#include <gtest/gtest.h>
#include <torch/torch.h>

#include "kernels/cuda_hooks.h"
#include "kernels/normalize_images.h"
#include "model/model.h"

namespace massface {
namespace {

// Compares the device twins with the portable ones. Skipped if there is no GPU.
struct OnAGpu : testing::Test {
  void SetUp() override {
    if (cuda_hooks::num_devices() == 0) GTEST_SKIP() << "needs a GPU and a build with CUDA";
  }
  const Tensor bytes = torch::randint(0, 256, {5, 32, 32, 3}, torch::kUInt8);
};

TEST_F(OnAGpu, ImagesAreNormalisedAsOnTheCpu) {
  for (const bool bgr : {false, true}) {
    const Tensor expected = normalize_images_reference(bytes, 127.5, 128, bgr);
    EXPECT_TRUE(normalize_images(bytes.cuda(), 127.5, 128, bgr).cpu().equal(expected));
  }
}

TEST_F(OnAGpu, EmbeddingsAgreeWithTheCpu) {
  const Model model = make_model({.name = "mobilefacenet"}, {.height = 32, .width = 32}, 1);
  model.network->eval();
  const torch::NoGradGuard no_grad;
  const Tensor expected = forward(model, bytes);
  model.network->to(torch::kCUDA);
  const double length = expected.norm().item<double>();
  EXPECT_LT((forward(model, bytes).cpu() - expected).norm().item<double>(), 1e-2 * length);
  EXPECT_LT((forward(model, bytes, /*bf16=*/true).cpu() - expected).norm().item<double>(), 5e-2 * length);
}

}  // namespace
}  // namespace massface
