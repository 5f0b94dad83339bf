#include "backbone/backbone.h"

#include <gtest/gtest.h>

#include "backbone/conv_unit.h"
#include "backbone/testing_images.h"
#include "core/error.h"

namespace massface {
namespace {

std::shared_ptr<Backbone> make(const std::string& name, int64_t embedding_size = 0, uint64_t seed = 1) {
  return make_backbone({.name = name, .embedding_size = embedding_size}, 112, 112, seed);
}

Tensor images(int64_t batch, int64_t height = 112, int64_t width = 112) {
  torch::manual_seed(7);
  return torch::randn({batch, 3, height, width}).contiguous(at::MemoryFormat::ChannelsLast);
}

std::string mistake_of(const BackboneOptions& options, int64_t height, int64_t width) {
  try {
    make_backbone(options, height, width, 1);
    return "";
  } catch (const Error& error) {
    return error.what();
  }
}

// A unit has the convolution's weights, two numbers per channel for BatchNorm, and one more for PReLU:
//   stem                    3*64*9 + 3*64                                        1,920
//   stem_depthwise          64*9 + 3*64                                            768
//   5 x (64 -> 128 -> 64)   64*128 + 3*128 + 9*128 + 3*128 + 128*64 + 2*64      18,432 each
//   64 -> 256 -> 128        64*256 + 3*256 + 9*256 + 3*256 + 256*128 + 2*128    53,248
//   6 x (128 -> 256 -> 128) 128*256 + 3*256 + 9*256 + 3*256 + 256*128 + 2*128   69,632 each
//   128 -> 512 -> 128       128*512 + 3*512 + 9*512 + 3*512 + 512*128 + 2*128  139,008
//   2 x (128 -> 256 -> 128)                                                     69,632 each
//   head                    128*512 + 3*512                                     67,072
//   head_depthwise          512*7*7 + 2*512                                     26,112
constexpr int64_t kTrunk = 1920 + 768 + 5 * 18432 + 53248 + 6 * 69632 + 139008 + 2 * 69632 + 67072 + 26112;

TEST(MobileFaceNet, HasTheParametersOfThePapersTable) {
  //   embedding               512*128 + 2*128                                     65,792
  EXPECT_EQ(kTrunk + 65792, 1003136);  // 4.01 MB
  EXPECT_EQ(num_parameters(*make("mobilefacenet")), 1003136);
  EXPECT_EQ(make("mobilefacenet")->embedding_size(), 128);
}

TEST(MobileFaceNet, TheVariantHasTwoMoreLinearLayers) {
  //   stem_linear             64*64 + 2*64                                         4,224
  //   head_linear, embedding  512*512 + 2*512                                    263,168 each
  EXPECT_EQ(kTrunk + 4224 + 2 * 263168, 1467904);  // 5.87 MB
  EXPECT_EQ(num_parameters(*make("mobilefacenet_massface")), 1467904);
  EXPECT_EQ(make("mobilefacenet_massface")->embedding_size(), 512);
}

TEST(MobileFaceNet, ItsWeightsHaveStableNames) {
  const auto parameters = make("mobilefacenet_massface")->named_parameters();
  EXPECT_EQ(parameters[0].key(), "stem.conv.weight");
  const auto sizes = [&](const char* name) { return parameters[name].sizes().vec(); };
  EXPECT_EQ(sizes("stem.conv.weight"), (std::vector<int64_t>{64, 3, 3, 3}));
  EXPECT_EQ(sizes("stem_depthwise.prelu.weight"), (std::vector<int64_t>{64}));
  EXPECT_EQ(sizes("stem_linear.conv.weight"), (std::vector<int64_t>{64, 64, 1, 1}));
  EXPECT_EQ(sizes("blocks.0.expand.conv.weight"), (std::vector<int64_t>{128, 64, 1, 1}));
  EXPECT_EQ(sizes("blocks.5.depthwise.conv.weight"), (std::vector<int64_t>{256, 1, 3, 3}));
  EXPECT_EQ(sizes("blocks.14.project.norm.bias"), (std::vector<int64_t>{128}));
  EXPECT_EQ(sizes("head_depthwise.conv.weight"), (std::vector<int64_t>{512, 1, 7, 7}));
  EXPECT_FALSE(parameters.contains("head_depthwise.prelu.weight"));
  EXPECT_FALSE(parameters.contains("blocks.14.project.prelu.weight"));
  EXPECT_EQ(sizes("embedding.norm.weight"), (std::vector<int64_t>{512}));
  const auto buffers = make("mobilefacenet")->named_buffers();
  EXPECT_TRUE(buffers.contains("blocks.3.project.norm.running_var"));
}

TEST(MobileFaceNet, TheGlobalKernelIsASixteenthOfTheInput) {
  const auto network = make_backbone({.name = "mobilefacenet"}, 112, 96, 1);
  EXPECT_EQ(network->named_parameters()["head_depthwise.conv.weight"].sizes(), (std::vector<int64_t>{512, 1, 7, 6}));
  EXPECT_EQ(network->forward(images(2, 112, 96)).sizes(), (std::vector<int64_t>{2, 128}));
}

TEST(MobileFaceNet, TheSeedDecidesTheWeights) {
  const auto one = make("mobilefacenet", 0, 1)->parameters(), again = make("mobilefacenet", 0, 1)->parameters();
  const auto other = make("mobilefacenet", 0, 2)->named_parameters();
  for (size_t i = 0; i < one.size(); ++i) {
    EXPECT_TRUE(torch::equal(one[i], again[i]));
    if (other[i].value().dim() == 4) {
      EXPECT_FALSE(torch::equal(one[i], other[i].value())) << other[i].key();
    }
  }
}

TEST(MobileFaceNet, WeightsStartWithTheVarianceOfTheirFanOut) {
  const auto parameters = make("mobilefacenet_massface")->named_parameters();
  const auto deviation = [&](const char* name) { return parameters[name].std().item<double>(); };
  // sqrt(2 / (kH * kW * C_out / groups)), within about 4 standard errors for this many numbers.
  EXPECT_NEAR(deviation("stem.conv.weight"), std::sqrt(2.0 / (9 * 64)), 0.004);
  EXPECT_NEAR(deviation("stem_depthwise.conv.weight"), std::sqrt(2.0 / 9), 0.06);
  EXPECT_NEAR(deviation("embedding.conv.weight"), std::sqrt(2.0 / 512), 0.0004);
  EXPECT_TRUE(torch::equal(parameters["stem.prelu.weight"], torch::full({64}, 0.25)));
  EXPECT_TRUE(torch::equal(parameters["stem.norm.weight"], torch::ones({64})));
  EXPECT_TRUE(torch::equal(parameters["stem.norm.bias"], torch::zeros({64})));
  // The first number of the second unit: parameter 4, after conv, norm.weight, norm.bias and prelu.
  EXPECT_FLOAT_EQ(parameters["stem_depthwise.conv.weight"][0][0][0][0].item<float>(),
                  static_cast<float>(std::sqrt(2.0 / 9)) * Random(1, RandomStream::kParameterInit, 4).normal());
}

TEST(MobileFaceNet, ActivationsAndWeightsAreChannelsLast) {
  const auto network = make("mobilefacenet");
  for (const auto& item : network->named_parameters()) {
    if (item.value().dim() == 4) {
      EXPECT_TRUE(item.value().is_contiguous(at::MemoryFormat::ChannelsLast)) << item.key();
    }
  }
  ConvUnit unit(depthwise_3x3(32, 2), Activation::kPRelu);
  const Tensor y = unit.forward(torch::randn({2, 32, 9, 8}).contiguous(at::MemoryFormat::ChannelsLast));
  EXPECT_EQ(y.sizes(), (std::vector<int64_t>{2, 32, 5, 4}));
  EXPECT_TRUE(y.is_contiguous(at::MemoryFormat::ChannelsLast));
}

TEST(MobileFaceNet, EveryParameterGetsAGradient) {
  const auto network = make("mobilefacenet_massface", 16);
  network->train();
  const Tensor y = network->forward(images(3));
  EXPECT_EQ(y.sizes(), (std::vector<int64_t>{3, 16}));
  y.square().mul(torch::randn({3, 16})).sum().backward();
  for (const auto& item : network->named_parameters()) {
    ASSERT_TRUE(item.value().grad().defined()) << item.key();
    EXPECT_TRUE(item.value().grad().isfinite().all().item<bool>()) << item.key();
    EXPECT_GT(item.value().grad().abs().sum().item<double>(), 0) << item.key();
  }
}

// Blocks with stride 1 and unchanged channels add their input: with the BatchNorm of the projections at zero, such a
// block returns its input.
TEST(MobileFaceNet, ABlockThatKeepsItsShapeAddsItsInput) {
  const auto network = make("mobilefacenet");
  const at::NoGradGuard no_grad;
  network->eval();
  Tensor with_blocks = network->forward(images(1));
  auto parameters = network->named_parameters();
  for (const int block : {1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 13, 14}) {
    const std::string name = "blocks." + std::to_string(block) + ".project.norm.weight";
    parameters[name].zero_();
  }
  const Tensor without = network->forward(images(1));
  EXPECT_FALSE(torch::allclose(with_blocks, without));
  EXPECT_GT(without.abs().max().item<float>(), 0);  // all zeros if the input were not added
}

TEST(EveryBackbone, ComputesTheSameWhenFolded) {
  for (const std::string& name : backbone_names()) {
    const int64_t size = small_size(name);
    const auto network = make_backbone({.name = name}, size, size, 1);
    const at::NoGradGuard no_grad;
    network->train();
    // Statistics that are not 0 and 1.
    for (int i = 0; i < 3; ++i) network->forward(images(8, size, size) * (i + 1) + 0.5);
    for (auto& item : network->named_parameters()) {
      if (item.value().dim() == 1) item.value().add_(torch::randn_like(item.value()) * 0.1);
    }
    network->eval();
    const Tensor expected = network->forward(images(5, size, size));
    network->fold_for_inference();
    const Tensor folded = network->forward(images(5, size, size));
    EXPECT_LT((folded - expected).abs().max().item<double>(), 1e-4 * expected.abs().max().item<double>()) << name;
  }
}

TEST(EveryBackbone, Takes112x112) {
  for (const std::string& name : backbone_names()) {
    const auto network = make_backbone({.name = name}, 112, 112, std::nullopt);
    const at::NoGradGuard no_grad;
    network->eval();
    EXPECT_EQ(network->forward(images(1)).sizes(), (std::vector<int64_t>{1, default_embedding_size(name)})) << name;
  }
}

TEST(MobileFaceNet, FoldingJoinsTheLinearLayersWithTheirReaders) {
  const auto network = make("mobilefacenet_massface");
  network->eval();
  const double before = flops_per_image(*network, 112, 112);
  network->fold_for_inference();
  // 64 -> 64 on 56 x 56 pixels, and 512 -> 512 on one.
  EXPECT_EQ(before - flops_per_image(*network, 112, 112), 2.0 * (64 * 64 * 56 * 56 + 512 * 512));
  network->fold_for_inference();  // has no further effect
  EXPECT_EQ(network->forward(images(1)).size(1), network->embedding_size());
}

TEST(MobileFaceNet, ItsWorkIsThatOfItsLayers) {
  // For 16 x 16 pixels the sizes are 8, 4, 2, 1 and the global kernel 1 x 1. Multiply-adds:
  //   stem 64 * 27 * 64; stem_depthwise 64 * 9 * 64                                     147,456 = 110,592 + 36,864
  //   block 0: 8192*64 + 1152*16 + 8192*16                                              673,792
  //   blocks 1 to 4: (8192 + 1152 + 8192) * 16 each                                   1,122,304
  //   block 5: 16384*16 + 2304*4 + 32768*4                                              402,432
  //   blocks 6 to 11: (32768 + 2304 + 32768) * 4 each                                 1,628,160
  //   block 12: 65536*4 + 4608 + 65536                                                  332,288
  //   blocks 13, 14: 67,840 each                                                        135,680
  //   head 65,536; head_depthwise 512; embedding 65,536                                 131,584
  constexpr double kMultiplyAdds = 147456 + 673792 + 1122304 + 402432 + 1628160 + 332288 + 135680 + 131584;
  EXPECT_EQ(flops_per_image(*make_backbone({.name = "mobilefacenet"}, 16, 16, 1), 16, 16), 2 * kMultiplyAdds);
  // The known figure for the variant with two more layers: 0.47 GFLOP per image.
  EXPECT_NEAR(flops_per_image(*make("mobilefacenet_massface"), 112, 112), 0.47e9, 0.01e9);
}

TEST(BackboneRegistry, AMistakeSaysWhatToChoose) {
  EXPECT_NE(mistake_of({.name = "mobilefacenett"}, 112, 112).find("Did you mean mobilefacenet?"), std::string::npos);
  EXPECT_NE(mistake_of({.name = "mobilefacenet"}, 112, 100).find("multiples of 16"), std::string::npos);
  EXPECT_NE(mistake_of({.name = "mobilefacenet"}, 0, 112).find("multiples of 16"), std::string::npos);
  EXPECT_NE(mistake_of({.name = "mobilefacenet", .embedding_size = -1}, 112, 112).find("embedding_size"),
            std::string::npos);
}

TEST(BackboneRegistry, OptionsAreDescribedUnderTheirBareNames) {
  BackboneOptions options;
  OptionTable table;
  options.describe(table);
  table.set("name", std::string("mobilefacenet"), "test");
  table.set("embedding_size", int64_t{64}, "test");
  EXPECT_EQ(make_backbone(options, 112, 112, 1)->embedding_size(), 64);
  EXPECT_THROW(table.set("name", std::string("resnet"), "test"), Error);
}

}  // namespace
}  // namespace massface
