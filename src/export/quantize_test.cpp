#include "export/quantize.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <algorithm>

#include "core/error.h"
#include "core/testing_folder.h"
#include "evaluation/testing_faces.h"
#include "export/compared_embeddings.h"
#include "export/graph_embedder.h"
#include "export/graph_of_model.h"
#include "export/onnx_file.h"
#include "export/testing_exports.h"
#include "image/encode.h"

namespace massface {
namespace {

using Ints = std::vector<int64_t>;

// x [1, 1, 1, 2] -> two 1x1 convolutions, the first of two channels, the second of one.
OnnxGraph two_convolutions() {
  const std::map<std::string, OnnxAttribute> attributes = {
      {"group", int64_t{1}}, {"kernel_shape", Ints{1, 1}}, {"pads", Ints{0, 0, 0, 0}}, {"strides", Ints{1, 1}}};
  return {.input = {.name = "x", .shape = {OnnxValue::kBatch, 1, 1, 2}},
          .output = {.name = "b", .shape = {OnnxValue::kBatch, 1, 1, 2}},
          .nodes = {{.type = "Conv", .name = "a", .inputs = {"x", "v", "p"}, .attributes = attributes},
                    {.type = "Conv", .name = "b", .inputs = {"a", "w", "q"}, .attributes = attributes}},
          .initializers = {{"v", torch::tensor({1.27F, 1e-9F}).reshape({2, 1, 1, 1})},
                           {"p", torch::tensor({0.5F, 100.0F})},
                           {"w", torch::tensor({-2.54F, 1.0F}).reshape({1, 2, 1, 1})},
                           {"q", torch::tensor({0.0F})}}};
}

const Tensor& constant_of(const OnnxGraph& graph, const std::string& name) {
  const auto found = std::ranges::find(graph.initializers, name, &std::pair<std::string, Tensor>::first);
  EXPECT_NE(found, graph.initializers.end()) << name;
  return found->second;
}

TEST(Quantize, WeightsAreSymmetricByChannelAndActivationsHaveAZeroPoint) {
  // 255 steps of 0.01 from -0.55 to 2.
  const OnnxGraph graph = quantize(two_convolutions(), {{"x", {-0.55, 2.0}}, {"a", {0, 102}}, {"b", {-1, 1}}});
  EXPECT_FLOAT_EQ(constant_of(graph, "x.q_scale").item<float>(), 0.01F);
  EXPECT_EQ(constant_of(graph, "x.q_zero_point").item<int>(), 55);
  EXPECT_EQ(constant_of(graph, "x.q_zero_point").scalar_type(), at::kByte);
  EXPECT_FLOAT_EQ(constant_of(graph, "v.q_scale")[0].item<float>(), 0.01F);
  EXPECT_EQ(constant_of(graph, "v.quantized")[0].item<int>(), 127);
  EXPECT_EQ(constant_of(graph, "w.quantized").flatten()[0].item<int>(), -127);
  EXPECT_EQ(constant_of(graph, "w.quantized").flatten()[1].item<int>(), 50);
  // In steps of 0.01 * 0.01.
  EXPECT_EQ(constant_of(graph, "p.quantized")[0].item<int>(), 5000);
  // The bias 100 would be 1e15 steps of the second channel's own scale.
  EXPECT_NEAR(constant_of(graph, "p.quantized")[1].item<double>() * constant_of(graph, "p.q_scale")[1].item<double>(),
              100, 1e-4);
  // The last value stays float: no layer reads it.
  EXPECT_EQ(graph.nodes.back().name, "b");
  EXPECT_TRUE(std::ranges::none_of(graph.initializers, [](const auto& item) { return item.first == "b.q_scale"; }));
  const Tensor x = torch::tensor({1.0F, -0.5F}).reshape({1, 1, 1, 2});
  const Tensor expected = OnnxInterpreter(two_convolutions()).run(x), y = OnnxInterpreter(graph).run(x);
  EXPECT_LT((y - expected).abs().max().item<double>(), 1) << y << expected;  // two steps of 0.4, times 2.54
}

TEST(Quantize, EveryLayerOfEveryBackboneReads8Bits) {
  for (const std::string& name : backbone_names()) {
    const Model model = small_varied_model(name);
    const OnnxGraph graph = graph_of(model, {.preprocessing = true});
    const Tensor faces = faces_to_compare(model.input, 8);
    const OnnxGraph quantized = quantize(graph, measure_ranges(OnnxInterpreter(graph), model.input, faces));
    for (const OnnxNode& node : quantized.nodes) {
      if (node.type != "Conv") continue;
      for (const std::string& input : node.inputs) EXPECT_TRUE(input.ends_with(".dequantized")) << name << input;
    }
    const std::string bytes = encode_onnx(quantized);
    EXPECT_LT(bytes.size(), encode_onnx(graph).size() / 2) << name;
    // A network that was not trained multiplies the errors of rounding. Without a zero point, or with the scale of
    // another channel, the cosine would be near 0.
    EXPECT_GT(least_cosine(model, GraphEmbedder(bytes, model.input), faces, 8), 0.5) << name;
  }
}

TEST(Quantize, AReluIsJoinedWithItsConvolution) {
  const Model model = small_varied_model("inception_resnet_v1");
  const OnnxGraph graph = graph_of(model, {});
  const OnnxGraph quantized =
      quantize(graph, measure_ranges(OnnxInterpreter(graph), model.input, faces_to_compare(model.input, 2)));
  for (const OnnxNode& node : quantized.nodes) {
    if (node.type != "Relu" || !node.name.ends_with(".relu")) continue;
    EXPECT_TRUE(node.inputs.front().ends_with(".conv")) << node.name;
  }
}

TEST(MeasureRanges, AreTheMeansOfTheExtremesOfEachImageAndContainZero) {
  const OnnxGraph graph = {.input = {.name = "images", .type = at::kByte, .shape = {OnnxValue::kBatch, 1, 2, 3}},
                           .output = {.name = "y", .shape = {OnnxValue::kBatch, 1, 2, 3}},
                           .nodes = {{.type = "Cast", .name = "x", .inputs = {"images"}, .attributes = {{"to", 1}}},
                                     {.type = "Sub", .name = "y", .inputs = {"x", "ten"}}},
                           .initializers = {{"ten", torch::tensor(10.0F)}}};
  const Tensor images = torch::tensor({1, 2, 3, 4, 5, 6, 20, 30, 40, 50, 60, 250}, at::kByte).reshape({2, 1, 2, 3});
  const ActivationRanges ranges = measure_ranges(OnnxInterpreter(graph), {}, images);
  EXPECT_FALSE(ranges.contains("images"));
  EXPECT_EQ(ranges.at("x").low, 0);
  EXPECT_EQ(ranges.at("x").high, (6 + 250) / 2);
  EXPECT_EQ(ranges.at("y").low, (-9 + 0) / 2.0);
  EXPECT_EQ(ranges.at("y").high, (0 + 240) / 2);
}

struct CalibrationImages : TestingFolder {
  void write_images(int64_t count) {
    for (int64_t i = 0; i < count; ++i) {
      const auto png = encode_png(noise_image(static_cast<uint64_t>(i)));
      write("faces/" + std::to_string(100 + i) + "/0.png", std::string(png.begin(), png.end()));
    }
  }
  Tensor load(int64_t count) {
    return load_calibration_images(path("faces"), count, {.height = kTinySize, .width = kTinySize}, OtherSize::kError,
                                   1);
  }
};

TEST_F(CalibrationImages, AreSpreadOverTheSet) {
  write_images(70);
  const Tensor images = load(35);
  ASSERT_EQ(images.size(0), 35);
  const Image sixth = noise_image(6);  // every second one
  EXPECT_EQ(images[3].flatten()[5].item<int>(), sixth.pixels[5]);
  EXPECT_TRUE(std::equal(sixth.pixels.begin(), sixth.pixels.end(), images[3].const_data_ptr<uint8_t>()));
}

TEST_F(CalibrationImages, MustBeEnough) {
  write_images(31);
  EXPECT_TRUE(has(message_of<Error>([&] { load(256); }), "it has 31 readable images; at least 32 are needed"));
  write("faces/999/0.png", "no image");
  EXPECT_TRUE(has(message_of<Error>([&] { load(256); }), "it has 31 readable images"));
  write_images(33);
  testing::internal::CaptureStderr();
  EXPECT_EQ(load(256).size(0), 33);
  EXPECT_TRUE(has(testing::internal::GetCapturedStderr(), "1 of 34 images cannot be read and are left out"));
}

}  // namespace
}  // namespace massface
