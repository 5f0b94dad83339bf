#include "export/graph_of_model.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "evaluation/testing_faces.h"
#include "export/compared_embeddings.h"
#include "export/graph_embedder.h"
#include "export/onnx_file.h"
#include "export/testing_exports.h"

namespace massface {
namespace {

int64_t count_of(const OnnxGraph& graph, const std::string& type) {
  return std::ranges::count(graph.nodes, type, &OnnxNode::type);
}

TEST(EveryBackbone, ItsGraphEmbedsFacesAsTheNetworkDoes) {
  for (const std::string& name : backbone_names()) {
    const Model model = small_varied_model(name);
    const Tensor faces = faces_to_compare(model.input, 7);
    for (const bool all_inclusive : {false, true}) {
      const GraphOptions options{
          .preprocessing = all_inclusive, .unit_length = all_inclusive, .split_prelu = all_inclusive};
      const GraphEmbedder graph(encode_onnx(graph_of(model, options)), model.input);
      EXPECT_EQ(graph.embedding_size(), model.backbone.embedding_size);
      for (const int64_t batch : {1, 2, 7}) {
        EXPECT_GE(least_cosine(model, graph, faces, batch), kLeastCosine) << name << ", batch " << batch;
      }
      const Tensor lengths = graph.embed_raw(faces, Flip::kNone).norm(2, 1);
      EXPECT_EQ((lengths - 1).abs().max().item<double>() < 1e-5, all_inclusive) << name;
    }
  }
}

// Two faces that differ have embeddings that differ: otherwise equal cosines would prove nothing.
TEST(EveryBackbone, TheFacesOfTheComparisonAreToldApart) {
  for (const std::string& name : backbone_names()) {
    const Model model = small_varied_model(name);
    const Tensor faces = faces_to_compare(model.input, 2);
    const Tensor rows = Embedder(model).embed(faces, Flip::kNone);
    EXPECT_LT(at::cosine_similarity(rows[0], rows[1], 0).item<double>(), 0.9995) << name;
  }
}

TEST(GraphOfModel, FoldsBatchNormWhereverThatIsExact) {
  EXPECT_EQ(count_of(graph_of(small_varied_model("mobilefacenet"), {}), "BatchNormalization"), 0);
  EXPECT_EQ(count_of(graph_of(small_varied_model("inception_resnet_v1"), {}), "BatchNormalization"), 0);
  // The ones before the eight padded blocks remain; that before the fully connected layer does not.
  EXPECT_EQ(count_of(graph_of(small_varied_model("iresnet18"), {}), "BatchNormalization"), 8);
}

TEST(GraphOfModel, WritesPReluInEitherForm) {
  const Model model = small_varied_model("mobilefacenet");
  const OnnxGraph split = graph_of(model, {}), whole = graph_of(model, {.split_prelu = false});
  // 2 + 15 * 2 + 1 of them.
  EXPECT_EQ(count_of(whole, "PRelu"), 33);
  EXPECT_EQ(count_of(whole, "Relu"), 0);
  EXPECT_EQ(count_of(split, "PRelu"), 0);
  EXPECT_EQ(count_of(split, "Relu"), 33);
  EXPECT_EQ(count_of(split, "Mul"), 66);
}

TEST(GraphOfModel, JoinsLinearLayersAndScalesOfSums) {
  // 3 + 15 * 3 + 3 units; stem_linear and head_linear are joined with their readers.
  EXPECT_EQ(count_of(graph_of(small_varied_model("mobilefacenet_massface"), {}), "Conv"), 50);
  const OnnxGraph inception = graph_of(small_varied_model("inception_resnet_v1"), {});
  EXPECT_EQ(count_of(inception, "Mul"), 0);   // the residual scales
  EXPECT_EQ(count_of(inception, "Add"), 21);  // 5 + 10 + 6 blocks
}

TEST(GraphOfModel, ItsInputAndOutputAreNamedAndTheBatchIsFree) {
  const Model model = make_model({.name = "mobilefacenet"}, {.height = 112, .width = 96}, 1);
  const OnnxGraph numbers = graph_of(model, {});
  EXPECT_EQ(numbers.input.name, "pixels");
  EXPECT_EQ(numbers.input.type, at::kFloat);
  EXPECT_EQ(numbers.input.shape, (std::vector<int64_t>{OnnxValue::kBatch, 3, 112, 96}));
  EXPECT_EQ(numbers.output.name, "embeddings");
  EXPECT_EQ(numbers.output.shape, (std::vector<int64_t>{OnnxValue::kBatch, 128}));
  const OnnxGraph bytes = graph_of(model, {.preprocessing = true});
  EXPECT_EQ(bytes.input.name, "images");
  EXPECT_EQ(bytes.input.type, at::kByte);
  EXPECT_EQ(bytes.input.shape, (std::vector<int64_t>{OnnxValue::kBatch, 112, 96, 3}));
}

TEST(GraphOfModel, TheOrderOfColoursMatters) {
  const Model rgb = tiny_model();
  Model bgr = copy_of(rgb);
  bgr.input.channel_order = "bgr";
  const Tensor faces = faces_to_compare(rgb.input, 2);
  const GraphEmbedder graph(encode_onnx(graph_of(bgr, {.preprocessing = true})), bgr.input);
  EXPECT_GE(least_cosine(bgr, graph, faces, 2), kLeastCosine);
  EXPECT_LT(least_cosine(rgb, graph, faces, 2), kLeastCosine);
}

}  // namespace
}  // namespace massface
