#include "export/onnx_operators.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "core/error.h"
#include "core/testing_text.h"
#include "export/onnx_interpreter.h"

namespace massface {
namespace {

using Ints = std::vector<int64_t>;

Tensor computed(const std::string& type, const std::vector<Tensor>& inputs,
                const std::map<std::string, OnnxAttribute>& attributes = {}) {
  return compute_operator({.type = type, .name = "y", .inputs = {}, .attributes = attributes}, inputs);
}

TEST(OnnxOperators, QuantizeLinearRoundsHalvesToEvenAndSaturates) {
  const Tensor scale = torch::tensor(0.5F), zero_point = torch::tensor(10, at::kByte);
  // x / 0.5 + 10: 10; 10.5 -> 10; 11.5 -> 12; 9.5 -> 10 (-0.5 -> 0); -90 -> 0; 1010 -> 255
  const Tensor x = torch::tensor({0.0F, 0.25F, 0.75F, -0.25F, -50.0F, 500.0F});
  const Tensor y = computed("QuantizeLinear", {x, scale, zero_point});
  EXPECT_EQ(y.scalar_type(), at::kByte);
  EXPECT_TRUE(y.equal(torch::tensor({10, 10, 12, 10, 0, 255}, at::kByte))) << y;
  EXPECT_TRUE(computed("DequantizeLinear", {y, scale, zero_point}, {{"axis", int64_t{1}}})
                  .equal(torch::tensor({0.0F, 0.0F, 1.0F, 0.0F, -5.0F, 122.5F})));
}

TEST(OnnxOperators, DequantizeLinearTakesAScalePerChannel) {
  const Tensor x = torch::tensor({{1, -2}, {3, 4}}, at::kChar);
  const Tensor zero_points = torch::zeros({2}, at::kChar);
  const Tensor y = computed("DequantizeLinear", {x, torch::tensor({0.5F, 2.0F}), zero_points}, {{"axis", int64_t{0}}});
  EXPECT_TRUE(y.equal(torch::tensor({{0.5F, -1.0F}, {6.0F, 8.0F}})));
}

TEST(OnnxOperators, ConvPadsStridesAndGroups) {
  // Two channels of 1 x 3, each with its own kernel of 1 x 3; one zero on the left and on the right; stride 2.
  const Tensor x = torch::tensor({1.0F, 2.0F, 3.0F, 4.0F, 5.0F, 6.0F}).reshape({1, 2, 1, 3});
  const Tensor weight = torch::tensor({1.0F, 10.0F, 100.0F, 1.0F, 0.0F, -1.0F}).reshape({2, 1, 1, 3});
  const Tensor y = computed("Conv", {x, weight, torch::tensor({0.5F, 0.0F})},
                            {{"group", int64_t{2}}, {"pads", Ints{0, 1, 0, 1}}, {"strides", Ints{1, 2}}});
  EXPECT_TRUE(y.flatten().equal(torch::tensor({210.5F, 32.5F, -5.0F, 5.0F}))) << y;
}

TEST(OnnxOperators, ImagesBecomePlanesInTheOtherOrder) {
  const Tensor image = torch::tensor({1, 2, 3, 4, 5, 6}, at::kByte).reshape({1, 1, 2, 3});  // two pixels
  const Tensor planes = computed("Transpose", {image}, {{"perm", Ints{0, 3, 1, 2}}});
  EXPECT_TRUE(planes.flatten().equal(torch::tensor({1, 4, 2, 5, 3, 6}, at::kByte)));
  const Tensor swapped = computed("Gather", {planes, torch::tensor({2, 1, 0}, at::kLong)}, {{"axis", int64_t{1}}});
  EXPECT_TRUE(swapped.flatten().equal(torch::tensor({3, 6, 2, 5, 1, 4}, at::kByte)));
  EXPECT_EQ(computed("Cast", {swapped}, {{"to", int64_t{1}}}).scalar_type(), at::kFloat);
}

TEST(OnnxOperators, NormalisationsAndPoolings) {
  const auto close = [](const Tensor& a, const std::vector<float>& b) {
    return at::allclose(a.flatten(), torch::tensor(b), 1e-5, 1e-6);
  };
  const Tensor lengths = computed("ReduceL2", {torch::tensor({{3.0F, 4.0F}, {0.0F, 2.0F}})},
                                  {{"axes", Ints{1}}, {"keepdims", int64_t{1}}});
  EXPECT_EQ(lengths.sizes(), (Ints{2, 1}));
  EXPECT_TRUE(close(lengths, {5, 2}));
  const Tensor slope = torch::tensor({0.5F, -2.0F}).reshape({2, 1, 1});
  const Tensor signs = torch::tensor({-4.0F, 4.0F, -4.0F, 4.0F}).reshape({1, 2, 1, 2});
  EXPECT_TRUE(close(computed("PRelu", {signs, slope}), {-2, 4, 8, 4}));
  const auto one = [](float value) { return torch::tensor({value}); };
  // (5 - 1) / sqrt(3.5 + 0.5) * 10 + 2
  EXPECT_TRUE(close(computed("BatchNormalization", {one(5).reshape({1, 1, 1, 1}), one(10), one(2), one(1), one(3.5F)},
                             {{"epsilon", 0.5F}}),
                    {22}));
  const Tensor x = torch::arange(16, at::kFloat).reshape({1, 1, 4, 4});
  EXPECT_TRUE(close(computed("MaxPool", {x}, {{"kernel_shape", Ints{3, 3}}, {"strides", Ints{2, 2}}}), {10}));
  EXPECT_TRUE(close(computed("GlobalAveragePool", {x}), {7.5F}));
}

OnnxGraph one_node(const std::string& type, const std::string& reads) {
  return {.input = {.name = "x", .shape = {OnnxValue::kBatch}},
          .output = {.name = "y", .shape = {OnnxValue::kBatch}},
          .nodes = {{.type = type, .name = "y", .inputs = {reads}}}};
}

TEST(OnnxInterpreter, RefusesAGraphThatItCannotCompute) {
  const auto complaint = [](const OnnxGraph& graph) {
    return message_of<Error>([&] { const OnnxInterpreter refused(graph); });
  };
  EXPECT_EQ(complaint(one_node("Relu", "x")), "");
  EXPECT_TRUE(has(complaint(one_node("Softmax", "x")), "operator Softmax"));
  EXPECT_TRUE(has(complaint(one_node("Relu", "z")), "reads z, which no node before it computes"));
  OnnxGraph without_output = one_node("Relu", "x");
  without_output.output.name = "w";
  EXPECT_TRUE(has(complaint(without_output), "no node computes the output w"));
}

TEST(OnnxInterpreter, ShowsEveryValue) {
  OnnxGraph graph = one_node("Relu", "x");
  graph.nodes.push_back({.type = "Add", .name = "z", .inputs = {"x", "y"}});
  graph.output.name = "z";
  std::map<std::string, float> seen;
  const auto observe = [&](const std::string& name, const Tensor& value) { seen[name] = value[0].item<float>(); };
  EXPECT_EQ(OnnxInterpreter(graph).run(torch::tensor({-3.0F}), observe).item<float>(), -3);
  EXPECT_EQ(seen, (std::map<std::string, float>{{"x", -3}, {"y", 0}, {"z", -3}}));
}

}  // namespace
}  // namespace massface
