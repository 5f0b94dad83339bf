#include "export/onnx_file.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <protozero/pbf_reader.hpp>

#include "core/error.h"
#include "core/testing_text.h"

namespace massface {
namespace {

OnnxGraph small_graph() {
  return {.input = {.name = "in", .type = at::kByte, .shape = {OnnxValue::kBatch, 2}},
          .output = {.name = "out", .shape = {OnnxValue::kBatch, 2}},
          .nodes = {{.type = "Cast", .name = "numbers", .inputs = {"in"}, .attributes = {{"to", int64_t{1}}}},
                    {.type = "Odd",
                     .name = "out",
                     .inputs = {"numbers", "weight"},
                     .attributes = {{"epsilon", 0.5F}, {"pads", std::vector<int64_t>{1, -2, 300}}}}},
          .initializers = {{"weight", torch::tensor({1.5F, -2.0F})},
                           {"scale", torch::tensor(0.25F)},
                           {"steps", torch::tensor({-128, 127}, at::kChar)},
                           {"zero", torch::tensor({200}, at::kByte)},
                           {"bias", torch::tensor({70000}, at::kInt)},
                           {"order", torch::tensor({2, 1, 0}, at::kLong)}},
          .metadata = {{"backbone", "mobilefacenet"}, {"thresholds", "{\"set\":\"LFW\"}"}}};
}

TEST(OnnxFile, ReadsWhatItWrote) {
  const OnnxGraph graph = small_graph(), read = decode_onnx(encode_onnx(graph));
  EXPECT_EQ(read.input.name, "in");
  EXPECT_EQ(read.input.type, at::kByte);
  EXPECT_EQ(read.input.shape, graph.input.shape);
  EXPECT_EQ(read.output.name, "out");
  EXPECT_EQ(read.output.type, at::kFloat);
  EXPECT_EQ(read.metadata, graph.metadata);
  ASSERT_EQ(read.nodes.size(), 2u);
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(read.nodes[i].type, graph.nodes[i].type);
    EXPECT_EQ(read.nodes[i].name, graph.nodes[i].name);
    EXPECT_EQ(read.nodes[i].inputs, graph.nodes[i].inputs);
    EXPECT_EQ(read.nodes[i].attributes, graph.nodes[i].attributes);
  }
  ASSERT_EQ(read.initializers.size(), graph.initializers.size());
  for (size_t i = 0; i < graph.initializers.size(); ++i) {
    EXPECT_EQ(read.initializers[i].first, graph.initializers[i].first);
    EXPECT_EQ(read.initializers[i].second.scalar_type(), graph.initializers[i].second.scalar_type());
    EXPECT_TRUE(read.initializers[i].second.equal(graph.initializers[i].second)) << graph.initializers[i].first;
  }
}

TEST(OnnxFile, TheSameGraphHasTheSameBytes) { EXPECT_TRUE(encode_onnx(small_graph()) == encode_onnx(small_graph())); }

// ModelProto: ir_version is field 1, opset_import field 8 (OperatorSetIdProto: version is field 2).
TEST(OnnxFile, SaysWhichOperatorsItNeeds) {
  const std::string bytes = encode_onnx(small_graph());
  protozero::pbf_reader model(bytes.data(), bytes.size());
  int64_t format = 0, operators = 0;
  while (model.next()) {
    if (model.tag() == 1) {
      format = model.get_int64();
    } else if (model.tag() == 8) {
      protozero::pbf_reader opset = model.get_message();
      while (opset.next()) {
        if (opset.tag() == 2) {
          operators = opset.get_int64();
        } else {
          opset.skip();
        }
      }
    } else {
      model.skip();
    }
  }
  EXPECT_EQ(format, 7);
  EXPECT_EQ(operators, 13);
}

TEST(OnnxFile, RefusesBytesThatAreCutOff) {
  const std::string bytes = encode_onnx(small_graph());
  for (const size_t length : {bytes.size() - 1, bytes.size() / 2, size_t{3}}) {
    EXPECT_TRUE(has(message_of<Error>([&] { decode_onnx(bytes.substr(0, length)); }), "cannot be read")) << length;
  }
}

}  // namespace
}  // namespace massface
