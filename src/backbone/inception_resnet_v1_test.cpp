#include "backbone/inception_resnet_v1.h"

#include <gtest/gtest.h>

#include "backbone/testing_images.h"
#include "backbone/testing_naive.h"
#include "core/error.h"

namespace massface {
namespace {

std::shared_ptr<Backbone> inception(int64_t height, int64_t width, int64_t embedding_size) {
  return make_backbone({.name = "inception_resnet_v1", .embedding_size = embedding_size}, height, width, 1);
}

// A unit has k * in * out + 2 * out numbers, and `up` in * out + out:
//   stem          928 + 9,280 + 18,560 + 5,280 + 138,624 + 442,880                                       615,552
//   blocks35      3 * (256 * 32 + 64) + 3 * (9 * 32 * 32 + 64) + 96 * 256 + 256                           77,440 each
//   mixed_6a      9 * 256 * 384 + 768 + 256 * 192 + 384 + 9 * 192 * 192 + 384 + 9 * 192 * 256 + 512    1,710,080
//   blocks17      2 * (896 * 128 + 256) + 2 * (7 * 128 * 128 + 256) + 256 * 896 + 896                    690,048 each
//   mixed_7a      3 * (896 * 256 + 512) + 9 * 256 * 384 + 768 + 3 * (9 * 256 * 256 + 512)              3,346,176
//   blocks8       2 * (1792 * 192 + 384) + 2 * (3 * 192 * 192 + 384) + 384 * 1792 + 1792               1,600,768 each
//   embedding     1792 * 512 + 1024                                                                      918,528
TEST(InceptionResNet, HasTheParametersOfFacenet) {
  constexpr int64_t kAll = 615552 + 5 * 77440 + 1710080 + 10 * 690048 + 3346176 + 6 * 1600768 + 918528;
  EXPECT_EQ(kAll, 23482624);  // facenet-pytorch's, without its classifier
  EXPECT_EQ(num_parameters(*make_inception_resnet_v1(512, 160, 160)), kAll);
}

TEST(InceptionResNet, ItsWeightsHaveStableNames) {
  const auto parameters = make_inception_resnet_v1(512, 112, 112)->named_parameters();
  const auto sizes = [&](const char* name) { return parameters[name].sizes().vec(); };
  EXPECT_EQ(parameters[0].key(), "conv_1a.conv.weight");
  EXPECT_EQ(sizes("blocks35.4.branch2.1.conv.weight"), (std::vector<int64_t>{32, 32, 3, 3}));
  EXPECT_EQ(sizes("blocks17.9.branch1.1.conv.weight"), (std::vector<int64_t>{128, 128, 1, 7}));
  EXPECT_EQ(sizes("blocks17.9.branch1.2.conv.weight"), (std::vector<int64_t>{128, 128, 7, 1}));
  EXPECT_EQ(sizes("blocks8.5.up.conv.bias"), (std::vector<int64_t>{1792}));
  EXPECT_FALSE(parameters.contains("blocks8.5.up.norm.weight"));
  EXPECT_EQ(sizes("mixed_7a.branch0.1.norm.bias"), (std::vector<int64_t>{384}));
  EXPECT_EQ(sizes("embedding.conv.weight"), (std::vector<int64_t>{512, 1792, 1, 1}));
}

TEST(InceptionResNet, ItsWorkIsThatOfItsLayers) {
  // For 75 x 75 pixels: 37, 35, 35, pooled 17, 17, 15 and 7; 7 in blocks35, 3 in blocks17, 1 in blocks8.
  constexpr double kStem = 37.0 * 37 * 864 + 35 * 35 * (9216 + 18432) + 17 * 17 * 5120 + 15 * 15 * 138240 + 49 * 442368;
  constexpr double k35 = 49.0 * (3 * 8192 + 3 * 9216 + 24576);
  constexpr double k6a = 9.0 * (884736 + 442368) + 49 * (49152 + 331776);
  constexpr double k17 = 9.0 * (2 * 114688 + 2 * 114688 + 229376);
  constexpr double k7a = 9.0 * (3 * 229376 + 589824) + 884736 + 2 * 589824;
  constexpr double k8 = 2.0 * 344064 + 2 * 110592 + 688128;
  EXPECT_EQ(flops_per_image(*make_inception_resnet_v1(512, 75, 75), 75, 75),
            2 * (kStem + 5 * k35 + k6a + 10 * k17 + k7a + 6 * k8 + 1792 * 512));
  // The known figure for facenet's images of 160 x 160: 1.4 G multiply-adds.
  EXPECT_NEAR(flops_per_image(*make_inception_resnet_v1(512, 160, 160), 160, 160), 2.8e9, 0.1e9);
}

NaiveImage joined(const std::vector<NaiveImage>& images) {
  NaiveImage all(0, images[0].height, images[0].width);
  for (const NaiveImage& image : images) {
    all.channels += image.channels;
    all.values.insert(all.values.end(), image.values.begin(), image.values.end());
  }
  return all;
}

NaiveImage max_pooled(NaiveImage x) {
  NaiveImage y(x.channels, (x.height - 3) / 2 + 1, (x.width - 3) / 2 + 1);
  for (int64_t c = 0; c < y.channels; ++c) {
    for (int64_t i = 0; i < y.height * y.width; ++i) {
      const int64_t top = i / y.width * 2, left = i % y.width * 2;
      double most = x.at(c, top, left);
      for (int64_t j = 0; j < 9; ++j) most = std::max(most, x.at(c, top + j / 3, left + j % 3));
      y.at(c, i / y.width, i % y.width) = most;
    }
  }
  return y;
}

// The network of the paper's figures, unit by unit.
struct NaiveInception {
  const NaiveLayers& layers;

  NaiveImage unit(const std::string& name, const NaiveImage& x, int64_t stride = 1, int64_t pad_height = 0,
                  int64_t pad_width = 0) const {
    return NaiveLayers::relu(layers.unit(name, x, stride, pad_height, pad_width));
  }
  NaiveImage block(const std::string& name, const NaiveImage& x, const std::vector<NaiveImage>& branches, double scale,
                   bool has_relu = true) const {
    NaiveImage sum = NaiveLayers::sum(x, layers.conv(name + ".up.conv", joined(branches)), scale);
    return has_relu ? NaiveLayers::relu(sum) : sum;
  }

  NaiveImage embedding(NaiveImage x) const {
    x = unit("conv_2b", unit("conv_2a", unit("conv_1a", x, 2)), 1, 1, 1);
    x = unit("conv_4b", unit("conv_4a", unit("conv_3b", max_pooled(x))), 2);
    for (int i = 0; i < 5; ++i) {
      const std::string name = "blocks35." + std::to_string(i);
      const NaiveImage a = unit(name + ".branch1.0", x), b = unit(name + ".branch2.0", x);
      x = block(name, x,
                {unit(name + ".branch0.0", x), unit(name + ".branch1.1", a, 1, 1, 1),
                 unit(name + ".branch2.2", unit(name + ".branch2.1", b, 1, 1, 1), 1, 1, 1)},
                0.17);
    }
    x = joined({unit("mixed_6a.branch0.0", x, 2),
                unit("mixed_6a.branch1.2", unit("mixed_6a.branch1.1", unit("mixed_6a.branch1.0", x), 1, 1, 1), 2),
                max_pooled(x)});
    for (int i = 0; i < 10; ++i) {
      const std::string name = "blocks17." + std::to_string(i);
      const NaiveImage a = unit(name + ".branch1.1", unit(name + ".branch1.0", x), 1, 0, 3);
      x = block(name, x, {unit(name + ".branch0.0", x), unit(name + ".branch1.2", a, 1, 3, 0)}, 0.10);
    }
    x = joined({unit("mixed_7a.branch0.1", unit("mixed_7a.branch0.0", x), 2),
                unit("mixed_7a.branch1.1", unit("mixed_7a.branch1.0", x), 2),
                unit("mixed_7a.branch2.2", unit("mixed_7a.branch2.1", unit("mixed_7a.branch2.0", x), 1, 1, 1), 2),
                max_pooled(x)});
    for (int i = 0; i < 6; ++i) {
      const std::string name = "blocks8." + std::to_string(i);
      const NaiveImage a = unit(name + ".branch1.1", unit(name + ".branch1.0", x), 1, 0, 1);
      x = block(name, x, {unit(name + ".branch0.0", x), unit(name + ".branch1.2", a, 1, 1, 0)}, i < 5 ? 0.20 : 1,
                i < 5);
    }
    NaiveImage average(x.channels, 1, 1);
    for (int64_t c = 0; c < x.channels; ++c) {
      for (int64_t i = 0; i < x.height * x.width; ++i) {
        average.values[c] += x.at(c, i / x.width, i % x.width) / static_cast<double>(x.height * x.width);
      }
    }
    return layers.unit("embedding", average);
  }
};

TEST(InceptionResNet, ComputesWhatPlainLoopsCompute) {
  // Two pixels remain side by side for the average.
  const auto network = inception(75, 112, 8);
  expect_naive_embeddings(
      *network, random_images(1, 75, 112),
      [](const NaiveLayers& layers, const NaiveImage& image) { return NaiveInception{layers}.embedding(image); }, 1e-3);
}

TEST(InceptionResNet, EveryParameterLearns) {
  const auto network = inception(80, 80, 16);
  network->train();
  network->forward(random_images(4, 80, 80)).square().mul(torch::randn({4, 16})).sum().backward();
  for (const auto& item : network->named_parameters()) {
    ASSERT_TRUE(item.value().grad().defined()) << item.key();
    EXPECT_GT(item.value().grad().abs().sum().item<double>(), 0) << item.key();
  }
}

TEST(InceptionResNet, SmallerImagesAreRefused) { EXPECT_THROW(make_inception_resnet_v1(512, 74, 112), Error); }

}  // namespace
}  // namespace massface
