#include "backbone/iresnet.h"

#include <gtest/gtest.h>

#include "backbone/testing_images.h"
#include "backbone/testing_naive.h"
#include "core/error.h"

namespace massface {
namespace {

std::shared_ptr<Backbone> iresnet18(int64_t height, int64_t width, int64_t embedding_size) {
  return make_backbone({.name = "iresnet18", .embedding_size = embedding_size}, height, width, 1);
}

// A block of c channels, after one of c: BatchNorm 2 c, 9 c^2, BatchNorm 2 c and PReLU c, 9 c^2, BatchNorm 2 c, which
// is 18 c^2 + 7 c. The first of a stage, after one of c / 2: 2 * c / 2 + 9 * c^2 / 2 + 3 c + 9 c^2 + 2 c, and the
// shortcut c^2 / 2 + 2 c, which is 14 c^2 + 8 c; in the first stage, after one of c: 2 c + 9 c^2 + 3 c + 9 c^2 + 2 c,
// and the shortcut c^2 + 2 c, which is 19 c^2 + 9 c.
//              first      others
//   64         78,400     74,176
//   128       230,400    295,808
//   256       919,552  1,181,440
//   512     3,674,112  4,722,176
// stem 27 * 64 + 3 * 64 = 1,920; head_norm 1,024; embedding 512 * 25,088 + 512 + 1,024 = 12,846,592.
constexpr int64_t kEnds = 1920 + 1024 + 12846592;

TEST(IResNet, HasTheParametersOfArcFaceTorch) {
  constexpr int64_t k18 = kEnds + 78400 + 74176 + 230400 + 295808 + 919552 + 1181440 + 3674112 + 4722176;
  constexpr int64_t k50 =
      kEnds + 78400 + 2 * 74176 + 230400 + 3 * 295808 + 919552 + 13 * 1181440 + 3674112 + 2 * 4722176;
  EXPECT_EQ(k18, 24025600);  // 24.03 M
  EXPECT_EQ(k50, 43590848);  // 43.59 M
  EXPECT_EQ(num_parameters(*make_iresnet18(512, 112, 112)), k18);
  EXPECT_EQ(num_parameters(*make_iresnet50(512, 112, 112)), k50);
}

TEST(IResNet, ItsWeightsHaveStableNames) {
  const auto parameters = make_iresnet50(512, 112, 96)->named_parameters();
  const auto sizes = [&](const char* name) { return parameters[name].sizes().vec(); };
  EXPECT_EQ(sizes("stem.conv.weight"), (std::vector<int64_t>{64, 3, 3, 3}));
  EXPECT_EQ(sizes("blocks.3.norm.weight"), (std::vector<int64_t>{64}));
  EXPECT_EQ(sizes("blocks.3.first.prelu.weight"), (std::vector<int64_t>{128}));
  EXPECT_EQ(sizes("blocks.3.shortcut.conv.weight"), (std::vector<int64_t>{128, 64, 1, 1}));
  EXPECT_EQ(sizes("blocks.23.second.norm.bias"), (std::vector<int64_t>{512}));
  EXPECT_FALSE(parameters.contains("blocks.23.shortcut.conv.weight"));
  EXPECT_EQ(sizes("head_norm.weight"), (std::vector<int64_t>{512}));
  EXPECT_EQ(sizes("embedding.conv.weight"), (std::vector<int64_t>{512, 512, 7, 6}));
  EXPECT_EQ(sizes("embedding.conv.bias"), (std::vector<int64_t>{512}));
}

TEST(IResNet, ItsWorkIsThatOfItsLayers) {
  // 16 x 32 pixels: 8 x 16, 4 x 8, 2 x 4, 1 x 2 after the stages. Multiply-adds:
  //   stem                                27 * 64 * 512                                                     884,736
  //   64:   9 * 64^2 * 512, 9 * 64^2 * 128, 64^2 * 128; then 2 * 9 * 64^2 * 128       23,592,960 + 524,288 + 9,437,184
  //   128:  9 * 64 * 128 * 128, 9 * 128^2 * 32, 64 * 128 * 32; 2 * 9 * 128^2 * 32     14,155,776 + 262,144 + 9,437,184
  //   256 and 512: as 128, with four times the weights and a quarter of the pixels
  //   embedding                           512 * 512 * 2                                                     524,288
  constexpr double k64 = 23592960.0 + 524288 + 9437184, k128 = 14155776.0 + 262144 + 9437184;
  EXPECT_EQ(flops_per_image(*make_iresnet18(512, 16, 32), 16, 32), 2 * (884736 + k64 + 3 * k128 + 524288));
}

TEST(IResNet, ComputesWhatPlainLoopsCompute) {
  // The last kernel is 1 x 2, so that it matters in which order the fully connected layer reads its input.
  const auto network = iresnet18(16, 32, 8);
  expect_naive_embeddings(*network, random_images(2, 16, 32), [](const NaiveLayers& layers, const NaiveImage& image) {
    NaiveImage x = layers.unit("stem", image, 1, 1, 1);
    for (int block = 0; block < 8; ++block) {
      const std::string name = "blocks." + std::to_string(block);
      const int64_t stride = block % 2 == 0 ? 2 : 1;
      NaiveImage y = layers.unit(name + ".first", layers.norm(name + ".norm", x), 1, 1, 1);
      y = layers.unit(name + ".second", y, stride, 1, 1);
      x = layers.sum(y, stride == 2 ? layers.unit(name + ".shortcut", x, 2) : x);
    }
    return layers.unit("embedding", layers.norm("head_norm", x));
  });
}

TEST(IResNet, EveryParameterLearnsButTheLastScale) {
  const auto network = iresnet18(32, 32, 16);
  network->train();
  for (const BatchNormMode mode : {BatchNormMode::kFrozen, BatchNormMode::kBatch}) {
    network->set_batch_norm(mode);
    EXPECT_FALSE(network->named_parameters()["embedding.norm.weight"].requires_grad());
    EXPECT_EQ(network->named_parameters()["blocks.2.norm.weight"].requires_grad(), mode == BatchNormMode::kBatch);
  }
  network->forward(random_images(4, 32, 32)).square().mul(torch::randn({4, 16})).sum().backward();
  for (const auto& item : network->named_parameters()) {
    if (item.key() == "embedding.norm.weight") continue;
    ASSERT_TRUE(item.value().grad().defined()) << item.key();
    EXPECT_GT(item.value().grad().abs().sum().item<double>(), 0) << item.key();
  }
}

TEST(IResNet, OtherSizesThanMultiplesOf16AreRefused) {
  EXPECT_THROW(make_iresnet18(512, 112, 100), Error);
  EXPECT_EQ(make_iresnet50(8, 32, 16)->forward(random_images(2, 32, 16)).sizes(), (std::vector<int64_t>{2, 8}));
}

}  // namespace
}  // namespace massface
