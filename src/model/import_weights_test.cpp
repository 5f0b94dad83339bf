#include "model/import_weights.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <functional>
#include <map>

#include "core/error.h"
#include "core/testing_folder.h"
#include "core/testing_places.h"
#include "tensor_file/torch_file.h"

namespace massface {
namespace {

// A small network of ours whose tensors all differ.
Model some_model(const InputFormat& input, int64_t embedding_size, const std::string& backbone = "mobilefacenet") {
  Model model = make_model({.name = backbone, .embedding_size = embedding_size}, input, 3);
  const torch::NoGradGuard no_grad;
  torch::manual_seed(4);
  for (const auto& [name, weight] : to_tensors(model).tensors) {
    if (weight.dim() == 1) weight.copy_(torch::rand_like(weight) + 0.5);
  }
  model.network->eval();
  return model;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const size_t at = text.find(from);
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

// "blocks.3.expand.norm.bias" becomes "blocks.3.conv.1.bias".
std::string xiaoccer_name(std::string name) {
  for (const auto& [ours, theirs] : std::map<std::string, std::string>{{".expand.conv", ".conv.0"},
                                                                       {".expand.norm", ".conv.1"},
                                                                       {".expand.prelu", ".conv.2"},
                                                                       {".depthwise.conv", ".conv.3"},
                                                                       {".depthwise.norm", ".conv.4"},
                                                                       {".depthwise.prelu", ".conv.5"},
                                                                       {".project.conv", ".conv.6"},
                                                                       {".project.norm", ".conv.7"}}) {
    name = replaced(name, ours, theirs);
  }
  for (const auto& [ours, theirs] : std::map<std::string, std::string>{{"stem.", "conv1."},
                                                                       {"stem_depthwise.", "dw_conv1."},
                                                                       {"head.", "conv2."},
                                                                       {"head_depthwise.", "linear7."},
                                                                       {"embedding.", "linear1."}}) {
    if (name.starts_with(ours)) name = replaced(name, ours, theirs);
  }
  return replaced(name, ".norm", ".bn");
}

// A checkpoint as published: tensors are below "net_state_dict", with BatchNorm's batch counts.
NamedTensors xiaoccer_checkpoint(const Model& model) {
  NamedTensors checkpoint;
  for (const auto& [name, weight] : to_tensors(model).tensors) {
    const std::string theirs = "net_state_dict." + xiaoccer_name(name);
    checkpoint.tensors.emplace_back(theirs, weight.clone());
    if (!theirs.ends_with("running_var")) continue;
    checkpoint.tensors.emplace_back(replaced(theirs, "running_var", "num_batches_tracked"),
                                    torch::scalar_tensor(9, torch::kLong));
  }
  return checkpoint;
}

void expect_same_weights(const Model& imported, const Model& expected) {
  const NamedTensors weights = to_tensors(imported);
  for (const auto& [name, weight] : to_tensors(expected).tensors) EXPECT_TRUE(weights.at(name).equal(weight)) << name;
}

struct ImportWeights : testing::Test {
  Tensor& tensor(const std::string& name) {
    const auto found = std::ranges::find_if(checkpoint.tensors, [&](const auto& item) { return item.first == name; });
    EXPECT_NE(found, checkpoint.tensors.end()) << name;
    return found->second;
  }
  std::string complaint() {
    return message_of<Error>([&] { import_weights(checkpoint, options, "x.ckpt"); });
  }

  const Model model = some_model({.height = 32, .width = 16}, 8);
  NamedTensors checkpoint = xiaoccer_checkpoint(model);
  ImportOptions options;
};

TEST_F(ImportWeights, FindsTheNetworkAndItsSizesInTheCheckpoint) {
  checkpoint.tensors.emplace_back("optimizer.state.0", torch::ones({2}));
  const ImportedModel imported = import_weights(checkpoint, options, "x.ckpt");
  EXPECT_EQ(imported.form, "Xiaoccer/MobileFaceNet_Pytorch");
  EXPECT_EQ(imported.prefix, "net_state_dict.");
  EXPECT_EQ(imported.ignored, std::vector<std::string>{"optimizer.state.0"});
  EXPECT_EQ(imported.model.backbone.embedding_size, 8);
  EXPECT_EQ(imported.model.input.height, 32);
  EXPECT_EQ(imported.model.input.width, 16);
  EXPECT_EQ(imported.model.input.channel_order, "rgb");
  EXPECT_EQ(imported.model.input.mean, 127.5);
  EXPECT_EQ(imported.model.input.scale, 128.0);
  expect_same_weights(imported.model, model);
}

TEST_F(ImportWeights, WhatTheUserSaysOfTheImagesTravelsWithTheWeights) {
  options.channel_order = "bgr";
  options.mean = 0;
  options.scale = 255;
  options.height = 32;
  const ImportedModel imported = import_weights(checkpoint, options, "x.ckpt");
  EXPECT_EQ(imported.model.input.channel_order, "bgr");
  EXPECT_EQ(imported.model.input.mean, 0);
  EXPECT_EQ(imported.model.input.scale, 255);
  options.width = 32;
  EXPECT_TRUE(has(complaint(), "its global depthwise kernel is 2 x 1, so the network takes images 32 high and 16 wide"))
      << complaint();
}

TEST_F(ImportWeights, ATensorThatIsMissingLeftOverOrOfAnotherShapeIsAnErrorThatNamesIt) {
  const NamedTensors good = checkpoint;
  std::erase_if(checkpoint.tensors, [](const auto& item) { return item.first.ends_with("blocks.7.conv.5.weight"); });
  EXPECT_TRUE(has(complaint(),
                  "x.ckpt: the tensor net_state_dict.blocks.7.conv.5.weight is missing; it becomes "
                  "blocks.7.depthwise.prelu.weight of mobilefacenet"))
      << complaint();
  checkpoint = good;
  checkpoint.tensors.emplace_back("net_state_dict.attention.weight", torch::ones({1}));
  EXPECT_TRUE(has(complaint(), "the tensor net_state_dict.attention.weight is left over")) << complaint();
  checkpoint = good;
  tensor("net_state_dict.conv2.conv.weight") = torch::ones({512, 64, 1, 1});
  EXPECT_TRUE(has(complaint(),
                  "the tensor net_state_dict.conv2.conv.weight is Float [512, 64, 1, 1], but "
                  "head.conv.weight of mobilefacenet needs floating point [512, 128, 1, 1]"))
      << complaint();
  checkpoint = good;
  tensor("net_state_dict.conv1.bn.bias") = torch::ones({64}, torch::kLong);
  EXPECT_TRUE(has(complaint(), "is Long [64]")) << complaint();
  checkpoint = good;
  tensor("net_state_dict.conv1.bn.bias")[3] = std::nan("");
  EXPECT_TRUE(has(complaint(), "the tensor net_state_dict.conv1.bn.bias contains NaN")) << complaint();
}

TEST_F(ImportWeights, WhatIsNoPublishedNetworkOrMoreThanOneSaysSo) {
  const NamedTensors good = checkpoint;
  checkpoint.tensors = {{"conv1.weight", torch::ones({1})}};
  EXPECT_TRUE(has(complaint(), "none of its 1 tensors has a name of a published mobilefacenet (Xiaoccer/"))
      << complaint();
  checkpoint = good;
  for (const auto& [name, tensor] : good.tensors) checkpoint.tensors.emplace_back("average." + name.substr(15), tensor);
  EXPECT_TRUE(has(complaint(), "more than one such network; choose one with --prefix")) << complaint();
  options.prefix = "average";
  EXPECT_EQ(import_weights(checkpoint, options, "x").prefix, "average.");
}

// Blocks 1 to 4, 6 to 11, and 13 and 14 are numbered within their stage in this form; its last layer is a matrix.
std::string treb1en_name(std::string name) {
  if (name.starts_with("blocks.")) {
    const size_t dot = name.find('.', 7);
    const int block = std::stoi(name.substr(7, dot - 7));
    const std::string stage = block == 0    ? "conv_23"
                              : block < 5   ? "conv_3.model." + std::to_string(block - 1)
                              : block == 5  ? "conv_34"
                              : block < 12  ? "conv_4.model." + std::to_string(block - 6)
                              : block == 12 ? "conv_45"
                                            : "conv_5.model." + std::to_string(block - 13);
    name = stage + name.substr(dot);
  }
  name = replaced(replaced(name, ".expand.", ".conv."), ".depthwise.", ".conv_dw.");
  if (name.starts_with("embedding.norm")) return replaced(name, "embedding.norm", "bn");
  if (name.starts_with("embedding.conv")) return replaced(name, "embedding.conv", "linear");
  for (const auto& [ours, theirs] : std::map<std::string, std::string>{{"stem.", "conv1."},
                                                                       {"stem_depthwise.", "conv2_dw."},
                                                                       {"head.", "conv_6_sep."},
                                                                       {"head_depthwise.", "conv_6_dw."}}) {
    if (name.starts_with(ours)) name = replaced(name, ours, theirs);
  }
  return replaced(name, ".norm.", ".bn.");
}

TEST_F(ImportWeights, KnowsASecondFormWhoseLastLayerIsAMatrix) {
  checkpoint = {};
  for (const auto& [name, weight] : to_tensors(model).tensors) {
    checkpoint.tensors.emplace_back(treb1en_name(name), name == "embedding.conv.weight" ? weight.flatten(1) : weight);
  }
  const ImportedModel imported = import_weights(checkpoint, options, "x");
  EXPECT_EQ(imported.form, "TreB1eN/InsightFace_Pytorch");
  EXPECT_EQ(imported.prefix, "");
  EXPECT_EQ(imported.model.input.channel_order, "bgr");
  expect_same_weights(imported.model, model);
}

// The checkpoint of a model whose tensors are called as `name_of` says, with a matrix for the fully connected layer.
NamedTensors renamed(const Model& model, const std::function<std::string(const std::string&)>& name_of) {
  NamedTensors checkpoint;
  for (const auto& [name, weight] : to_tensors(model).tensors) {
    const bool is_matrix = name == "embedding.conv.weight";
    checkpoint.tensors.emplace_back(name_of(name), is_matrix ? weight.contiguous().flatten(1) : weight.clone());
  }
  return checkpoint;
}

// "blocks.3.shortcut.norm.weight" of iresnet18 is "layer2.1.downsample.1.weight": each stage has two blocks.
std::string arcface_name(std::string name) {
  if (name.starts_with("blocks.")) {
    const int block = name[7] - '0';
    name = "layer" + std::to_string(block / 2 + 1) + "." + std::to_string(block % 2) + name.substr(8);
    for (const auto& [ours, theirs] : std::map<std::string, std::string>{{".first.conv.", ".conv1."},
                                                                         {".first.norm.", ".bn2."},
                                                                         {".first.prelu.", ".prelu."},
                                                                         {".second.conv.", ".conv2."},
                                                                         {".second.norm.", ".bn3."},
                                                                         {".shortcut.conv.", ".downsample.0."},
                                                                         {".shortcut.norm.", ".downsample.1."}}) {
      name = replaced(name, ours, theirs);
    }
    return replaced(name, ".norm.", ".bn1.");
  }
  for (const auto& [ours, theirs] : std::map<std::string, std::string>{{"stem.conv.", "conv1."},
                                                                       {"stem.norm.", "bn1."},
                                                                       {"stem.prelu.", "prelu."},
                                                                       {"head_norm.", "bn2."},
                                                                       {"embedding.conv.", "fc."},
                                                                       {"embedding.norm.", "features."}}) {
    name = replaced(name, ours, theirs);
  }
  return name;
}

TEST(ImportOtherNetworks, IResNetOfArcFaceTorch) {
  const Model model = some_model({.height = 32, .width = 16}, 8, "iresnet18");
  NamedTensors checkpoint = renamed(model, arcface_name);
  checkpoint.tensors.emplace_back("layer3.1.bn3.num_batches_tracked", torch::scalar_tensor(9, torch::kLong));
  ImportOptions options{.backbone = "iresnet18", .height = 32, .width = 16};
  const ImportedModel imported = import_weights(checkpoint, options, "x.pth");
  EXPECT_EQ(imported.form, "insightface/arcface_torch");
  EXPECT_EQ(imported.model.input.channel_order, "rgb");
  EXPECT_EQ(imported.model.input.scale, 127.5);
  expect_same_weights(imported.model, model);
  options.height = 0;  // as published: 112
  EXPECT_TRUE(
      has(message_of<Error>([&] { import_weights(checkpoint, options, "x.pth"); }),
          "the tensor fc.weight is Float [8, 1024], but embedding.conv.weight of iresnet18 needs floating point "
          "[8, 512, 7, 1]"));
  options = {.backbone = "iresnet50"};
  EXPECT_TRUE(
      has(message_of<Error>([&] { import_weights(checkpoint, options, "x.pth"); }), "layer1.2.bn1.weight is missing"));
}

// "conv3.4.prelu.weight" is "relu3_5.weight".
std::string sphere20a_name(const std::string& name) {
  if (name.starts_with("embedding.conv.")) return replaced(name, "embedding.conv.", "fc5.");
  const std::string place = name.substr(4, 2) + std::to_string(name[6] - '0' + 1), part = name.substr(8);
  const std::string unit = replaced(place, ".", "_");
  return part.starts_with("conv.") ? "conv" + unit + part.substr(4) : "relu" + unit + part.substr(5);
}

TEST(ImportOtherNetworks, Sphere20aWithItsClassifier) {
  const Model model = some_model({.height = 112, .width = 96}, 8, "sphereface20");
  NamedTensors checkpoint = renamed(model, sphere20a_name);
  checkpoint.tensors.emplace_back("fc6.weight", torch::ones({8, 3}));
  const ImportedModel imported = import_weights(checkpoint, {.backbone = "sphereface20"}, "x.pth");
  EXPECT_EQ(imported.form, "clcarwin/sphereface_pytorch");
  EXPECT_EQ(imported.model.input.width, 96);
  EXPECT_EQ(imported.model.input.channel_order, "bgr");
  expect_same_weights(imported.model, model);
}

// "blocks17.3.branch1.2.norm.bias" is "repeat_2.3.branch1.2.bn.bias"; branches of one unit do not number it.
std::string facenet_name(std::string name) {
  const bool is_single = name.find("branch0.0.") != std::string::npos && !name.starts_with("mixed_7a");
  if (is_single) name = replaced(name, "branch0.0.", "branch0.");
  name = replaced(name, "blocks8.5.", "block8.");
  for (const auto& [ours, theirs] : std::map<std::string, std::string>{{".up.conv.", ".conv2d."},
                                                                       {".norm.", ".bn."},
                                                                       {"blocks35.", "repeat_1."},
                                                                       {"blocks17.", "repeat_2."},
                                                                       {"blocks8.", "repeat_3."},
                                                                       {"embedding.conv.", "last_linear."},
                                                                       {"embedding.bn.", "last_bn."}}) {
    name = replaced(name, ours, theirs);
  }
  return name.starts_with("conv_") ? "conv2d_" + name.substr(5) : name;
}

TEST(ImportOtherNetworks, FacenetWithItsClassifier) {
  const Model model = some_model({.height = 160, .width = 160}, 8, "inception_resnet_v1");
  NamedTensors checkpoint = renamed(model, facenet_name);
  checkpoint.tensors.emplace_back("logits.bias", torch::ones({3}));
  const ImportedModel imported = import_weights(checkpoint, {.backbone = "inception_resnet_v1"}, "x.pt");
  EXPECT_EQ(imported.form, "timesler/facenet-pytorch");
  EXPECT_EQ(imported.model.input.height, 160);
  expect_same_weights(imported.model, model);
}

TEST(ImportPublishedWeights, EmbedAsInPyTorch) {
  const auto path = testing_data() / "weights/mobilefacenet_pytorch_068.ckpt";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "no " << path << " (MASSFACE_DATA names another folder)";
  const ImportedModel imported = import_weights(read_torch_file(path), {}, path);
  EXPECT_EQ(imported.model.input.height, 112);
  EXPECT_EQ(imported.model.input.width, 96);
  Tensor image = torch::empty({1, 112, 96, 3}, torch::kByte);
  uint8_t* pixel = image.data_ptr<uint8_t>();
  for (int row = 0; row < 112; ++row) {
    for (int column = 0; column < 96; ++column) {
      for (int c = 0; c < 3; ++c) *pixel++ = static_cast<uint8_t>((7 * row + 3 * column + 50 * c) % 256);
    }
  }
  imported.model.network->eval();
  const torch::NoGradGuard no_grad;
  const Tensor embedding = forward(imported.model, image)[0];
  // The embedding of the published network in PyTorch 2.11.
  const Tensor expected = torch::tensor({-0.301724f, -0.017621f, -0.368317f, -0.095877f, -0.027595f, 0.146538f});
  EXPECT_TRUE(torch::allclose(embedding.slice(0, 0, 6), expected, 1e-3, 1e-4)) << embedding.slice(0, 0, 6);
  EXPECT_NEAR(embedding.norm().item<double>(), 2.332769, 1e-3);
}

}  // namespace
}  // namespace massface
