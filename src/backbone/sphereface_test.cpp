#include "backbone/sphereface.h"

#include <gtest/gtest.h>

#include "backbone/testing_images.h"
#include "backbone/testing_naive.h"
#include "core/error.h"

namespace massface {
namespace {

std::shared_ptr<Backbone> sphereface(const std::string& name, int64_t height, int64_t width,
                                     int64_t embedding_size = 0) {
  return make_backbone({.name = name, .embedding_size = embedding_size}, height, width, 1);
}

// Weights of the convolutions: 27 * 64 and 2 * 9 * 64^2 = 75,456; 9 * 64 * 128 and 4 * 9 * 128^2 = 663,552;
// 9 * 128 * 256 and 8 * 9 * 256^2 = 5,013,504; 9 * 256 * 512 and 2 * 9 * 512^2 = 5,898,240.
// Their output channels: 3 * 64 + 5 * 128 + 9 * 256 + 3 * 512 = 4,672.
constexpr int64_t kConvolutions = 75456 + 663552 + 5013504 + 5898240;

TEST(SphereFace, HasTheParametersOfThePapersTable) {
  // A bias and a slope for each channel; the fully connected layer 512 * 42 * 512 and 512 for 112 x 96 pixels.
  EXPECT_EQ(kConvolutions + 2 * 4672 + 11010048 + 512, 22670656);
  EXPECT_EQ(num_parameters(*make_sphereface20(512, 112, 96)), 22670656);
  // 512 * 49 * 512 and 512 for 112 x 112.
  EXPECT_EQ(num_parameters(*make_sphereface20(512, 112, 112)), kConvolutions + 2 * 4672 + 12845056 + 512);
}

TEST(ResFace, HasTwoNumbersOfBatchNormInThePlaceOfABias) {
  EXPECT_EQ(kConvolutions + 3 * 4672 + 12845056 + 2 * 512, 24510848);
  EXPECT_EQ(num_parameters(*make_resface20(512, 112, 112)), 24510848);
}

TEST(SphereFace, ItsWeightsHaveStableNames) {
  const auto parameters = make_sphereface20(512, 112, 96)->named_parameters();
  const auto sizes = [&](const char* name) { return parameters[name].sizes().vec(); };
  EXPECT_EQ(parameters[0].key(), "conv1.0.conv.weight");
  EXPECT_EQ(sizes("conv3.8.conv.weight"), (std::vector<int64_t>{256, 256, 3, 3}));
  EXPECT_EQ(sizes("conv4.0.conv.bias"), (std::vector<int64_t>{512}));
  EXPECT_EQ(sizes("conv4.2.prelu.weight"), (std::vector<int64_t>{512}));
  EXPECT_EQ(sizes("embedding.conv.weight"), (std::vector<int64_t>{512, 512, 7, 6}));
  EXPECT_EQ(make_sphereface20(512, 112, 96)->buffers().size(), 0U);
  EXPECT_TRUE(make_resface20(512, 112, 96)->named_buffers().contains("embedding.norm.running_var"));
}

TEST(SphereFace, BlocksStartNearTheIdentity) {
  const auto parameters = sphereface("sphereface20", 32, 32)->named_parameters();
  EXPECT_NEAR(parameters["conv4.1.conv.weight"].std().item<double>(), 0.01, 1e-4);
  EXPECT_NEAR(parameters["conv4.0.conv.weight"].std().item<double>(), std::sqrt(2.0 / (9 * 512)), 1e-4);
  EXPECT_EQ(parameters["conv4.0.conv.bias"].abs().max().item<float>(), 0);
}

TEST(SphereFace, ItsWorkIsThatOfItsLayers) {
  // 32 x 16 pixels: 128, 32, 8 and 2 after the stages.
  constexpr double kMultiplyAdds = 75456 * 128 + 663552 * 32 + 5013504 * 8 + 5898240 * 2 + 512 * 2 * 512;
  const auto network = sphereface("sphereface20", 32, 16);
  EXPECT_EQ(flops_per_image(*network, 32, 16), 2 * kMultiplyAdds);
  // The first convolution has a fused kernel.
  EXPECT_DOUBLE_EQ(network->fused_share({32, 16}), 27 * 64 * 128 / kMultiplyAdds);
  EXPECT_EQ(make_backbone({.name = "resface20", .kernels = "reference"}, 32, 16, 1)->fused_share({32, 16}), 0);
}

TEST(SphereFace, ComputesWhatPlainLoopsCompute) {
  for (const char* name : {"sphereface20", "resface20"}) {
    SCOPED_TRACE(name);
    const auto network = sphereface(name, 32, 16, 8);
    expect_naive_embeddings(*network, random_images(2, 32, 16), [](const NaiveLayers& layers, const NaiveImage& image) {
      NaiveImage x = image;
      const std::vector<int> blocks = {1, 2, 4, 1};
      for (int stage = 1; stage <= 4; ++stage) {
        const std::string prefix = "conv" + std::to_string(stage) + ".";
        x = layers.unit(prefix + "0", x, 2, 1, 1);
        for (int i = 1; i < 2 * blocks[stage - 1]; i += 2) {
          const NaiveImage y = layers.unit(prefix + std::to_string(i), x, 1, 1, 1);
          x = layers.sum(layers.unit(prefix + std::to_string(i + 1), y, 1, 1, 1), x);
        }
      }
      return layers.unit("embedding", x);
    });
  }
}

TEST(SphereFace, EveryParameterLearns) {
  for (const char* name : {"sphereface20", "resface20"}) {
    const auto network = sphereface(name, 32, 32, 16);
    network->train();
    network->forward(random_images(4, 32, 32)).square().mul(torch::randn({4, 16})).sum().backward();
    for (const auto& item : network->named_parameters()) {
      ASSERT_TRUE(item.value().grad().defined()) << item.key();
      EXPECT_GT(item.value().grad().abs().sum().item<double>(), 0) << name << " " << item.key();
    }
  }
}

TEST(SphereFace, OtherSizesThanMultiplesOf16AreRefused) { EXPECT_THROW(make_sphereface20(512, 112, 100), Error); }

}  // namespace
}  // namespace massface
