#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace massface {

// The tensor names of published networks, next to ours. A new form takes one table here and one line in kImportForms.

// A row of a table is one of our ConvUnits (backbone/conv_unit.h), with the modules of the published network that it is
// made of:
//   OURS.conv.weight                                       CONV.weight; may be the matrix [out, in * height * width] of
//                                                          a fully connected layer
//   OURS.conv.bias                                         CONV.bias, if has_bias
//   OURS.norm.weight, .bias, .running_mean, .running_var   NORM.weight, ... (NORM.num_batches_tracked is left out);
//   null
//                                                          if there is no BatchNorm
//   OURS.prelu.weight                                      PRELU.weight; null if there is no PReLU
// Or, if CONV is null, it is a BatchNorm that stands alone: OURS.weight, .bias, .running_mean, .running_var.
// # is a number, and the row stands for `blocks.count` rows, numbered from blocks.ours in our names and from
// blocks.theirs in the published ones.
struct BlockRange {
  int ours = 0;
  int theirs = 0;
  int count = 1;
};

struct ImportRow {
  const char* ours;
  const char* conv;
  const char* norm;
  const char* prelu;
  BlockRange blocks = {};
  bool has_bias = false;
};

// One published form of a network, and the input that it was trained on: the order of the colours, pixels x normalised
// as (x - mean) / scale, and the size [height, width]; 0: the weights tell, as 16 times their global depthwise kernel.
// left_out: tensors of its classifier, which may be missing.
struct ImportForm {
  const char* name;
  const char* backbone;  // our name of the network
  const char* channel_order;
  double mean;
  double scale;
  std::array<int64_t, 2> input_size;
  std::span<const ImportRow> rows;
  std::span<const char* const> left_out = {};
};

// github.com/Xiaoccer/MobileFaceNet_Pytorch, core/model.py: crops 112 high and 96 wide, 128-d. The images are read as
// RGB and are not swapped (dataloader/CASIA_Face_loader.py).
inline constexpr std::array kXiaoccerRows = {
    ImportRow{"stem", "conv1.conv", "conv1.bn", "conv1.prelu"},
    ImportRow{"stem_depthwise", "dw_conv1.conv", "dw_conv1.bn", "dw_conv1.prelu"},
    ImportRow{"blocks.#.expand", "blocks.#.conv.0", "blocks.#.conv.1", "blocks.#.conv.2", {0, 0, 15}},
    ImportRow{"blocks.#.depthwise", "blocks.#.conv.3", "blocks.#.conv.4", "blocks.#.conv.5", {0, 0, 15}},
    ImportRow{"blocks.#.project", "blocks.#.conv.6", "blocks.#.conv.7", nullptr, {0, 0, 15}},
    ImportRow{"head", "conv2.conv", "conv2.bn", "conv2.prelu"},
    ImportRow{"head_depthwise", "linear7.conv", "linear7.bn", nullptr},
    ImportRow{"embedding", "linear1.conv", "linear1.bn", nullptr},
};

// github.com/TreB1eN/InsightFace_Pytorch, model.py: crops 112 x 112, 512-d; the last layer is a matrix. Its images are
// BGR: data/data_pipe.py swaps the colours of the verification sets, and OpenCV loads those of the training set.
inline constexpr std::array kTreb1enRows = {
    ImportRow{"stem", "conv1.conv", "conv1.bn", "conv1.prelu"},
    ImportRow{"stem_depthwise", "conv2_dw.conv", "conv2_dw.bn", "conv2_dw.prelu"},
    ImportRow{"blocks.0.expand", "conv_23.conv.conv", "conv_23.conv.bn", "conv_23.conv.prelu"},
    ImportRow{"blocks.0.depthwise", "conv_23.conv_dw.conv", "conv_23.conv_dw.bn", "conv_23.conv_dw.prelu"},
    ImportRow{"blocks.0.project", "conv_23.project.conv", "conv_23.project.bn", nullptr},
    ImportRow{"blocks.#.expand",
              "conv_3.model.#.conv.conv",
              "conv_3.model.#.conv.bn",
              "conv_3.model.#.conv.prelu",
              {1, 0, 4}},
    ImportRow{"blocks.#.depthwise",
              "conv_3.model.#.conv_dw.conv",
              "conv_3.model.#.conv_dw.bn",
              "conv_3.model.#.conv_dw.prelu",
              {1, 0, 4}},
    ImportRow{"blocks.#.project", "conv_3.model.#.project.conv", "conv_3.model.#.project.bn", nullptr, {1, 0, 4}},
    ImportRow{"blocks.5.expand", "conv_34.conv.conv", "conv_34.conv.bn", "conv_34.conv.prelu"},
    ImportRow{"blocks.5.depthwise", "conv_34.conv_dw.conv", "conv_34.conv_dw.bn", "conv_34.conv_dw.prelu"},
    ImportRow{"blocks.5.project", "conv_34.project.conv", "conv_34.project.bn", nullptr},
    ImportRow{"blocks.#.expand",
              "conv_4.model.#.conv.conv",
              "conv_4.model.#.conv.bn",
              "conv_4.model.#.conv.prelu",
              {6, 0, 6}},
    ImportRow{"blocks.#.depthwise",
              "conv_4.model.#.conv_dw.conv",
              "conv_4.model.#.conv_dw.bn",
              "conv_4.model.#.conv_dw.prelu",
              {6, 0, 6}},
    ImportRow{"blocks.#.project", "conv_4.model.#.project.conv", "conv_4.model.#.project.bn", nullptr, {6, 0, 6}},
    ImportRow{"blocks.12.expand", "conv_45.conv.conv", "conv_45.conv.bn", "conv_45.conv.prelu"},
    ImportRow{"blocks.12.depthwise", "conv_45.conv_dw.conv", "conv_45.conv_dw.bn", "conv_45.conv_dw.prelu"},
    ImportRow{"blocks.12.project", "conv_45.project.conv", "conv_45.project.bn", nullptr},
    ImportRow{"blocks.#.expand",
              "conv_5.model.#.conv.conv",
              "conv_5.model.#.conv.bn",
              "conv_5.model.#.conv.prelu",
              {13, 0, 2}},
    ImportRow{"blocks.#.depthwise",
              "conv_5.model.#.conv_dw.conv",
              "conv_5.model.#.conv_dw.bn",
              "conv_5.model.#.conv_dw.prelu",
              {13, 0, 2}},
    ImportRow{"blocks.#.project", "conv_5.model.#.project.conv", "conv_5.model.#.project.bn", nullptr, {13, 0, 2}},
    ImportRow{"head", "conv_6_sep.conv", "conv_6_sep.bn", "conv_6_sep.prelu"},
    ImportRow{"head_depthwise", "conv_6_dw.conv", "conv_6_dw.bn", nullptr},
    ImportRow{"embedding", "linear", "bn", nullptr},
};

// insightface's arcface_torch, backbones/iresnet.py: crops 112 x 112, 512-d, RGB (dataset.py reads records as RGB).
// `blocks`: the number of blocks in each stage.
constexpr std::array<ImportRow, 19> iresnet_rows(const std::array<int, 4>& blocks) {
  const BlockRange one{0, 0, blocks[0]}, two{blocks[0], 0, blocks[1]}, three{blocks[0] + blocks[1], 0, blocks[2]},
      four{blocks[0] + blocks[1] + blocks[2], 0, blocks[3]};
  const auto first = [](const BlockRange& range) { return BlockRange{range.ours, 0, 1}; };
  return {
      ImportRow{"stem", "conv1", "bn1", "prelu"},
      ImportRow{"blocks.#.norm", nullptr, "layer1.#.bn1", nullptr, one},
      ImportRow{"blocks.#.first", "layer1.#.conv1", "layer1.#.bn2", "layer1.#.prelu", one},
      ImportRow{"blocks.#.second", "layer1.#.conv2", "layer1.#.bn3", nullptr, one},
      ImportRow{"blocks.#.shortcut", "layer1.#.downsample.0", "layer1.#.downsample.1", nullptr, first(one)},
      ImportRow{"blocks.#.norm", nullptr, "layer2.#.bn1", nullptr, two},
      ImportRow{"blocks.#.first", "layer2.#.conv1", "layer2.#.bn2", "layer2.#.prelu", two},
      ImportRow{"blocks.#.second", "layer2.#.conv2", "layer2.#.bn3", nullptr, two},
      ImportRow{"blocks.#.shortcut", "layer2.#.downsample.0", "layer2.#.downsample.1", nullptr, first(two)},
      ImportRow{"blocks.#.norm", nullptr, "layer3.#.bn1", nullptr, three},
      ImportRow{"blocks.#.first", "layer3.#.conv1", "layer3.#.bn2", "layer3.#.prelu", three},
      ImportRow{"blocks.#.second", "layer3.#.conv2", "layer3.#.bn3", nullptr, three},
      ImportRow{"blocks.#.shortcut", "layer3.#.downsample.0", "layer3.#.downsample.1", nullptr, first(three)},
      ImportRow{"blocks.#.norm", nullptr, "layer4.#.bn1", nullptr, four},
      ImportRow{"blocks.#.first", "layer4.#.conv1", "layer4.#.bn2", "layer4.#.prelu", four},
      ImportRow{"blocks.#.second", "layer4.#.conv2", "layer4.#.bn3", nullptr, four},
      ImportRow{"blocks.#.shortcut", "layer4.#.downsample.0", "layer4.#.downsample.1", nullptr, first(four)},
      ImportRow{"head_norm", nullptr, "bn2", nullptr},
      ImportRow{"embedding", "fc", "features", nullptr, {}, /*has_bias=*/true},
  };
}
inline constexpr auto kIResNet18Rows = iresnet_rows({2, 2, 2, 2}), kIResNet50Rows = iresnet_rows({3, 4, 14, 3});

// github.com/clcarwin/sphereface_pytorch, net_sphere.py, sphere20a: crops 112 high and 96 wide, 512-d. lfw_eval.py and
// dataset.py read images with OpenCV, so they are BGR. fc6 is the classifier.
inline constexpr std::array kSphere20aRows = {
    ImportRow{"conv1.#", "conv1_#", nullptr, "relu1_#", {0, 1, 3}, true},
    ImportRow{"conv2.#", "conv2_#", nullptr, "relu2_#", {0, 1, 5}, true},
    ImportRow{"conv3.#", "conv3_#", nullptr, "relu3_#", {0, 1, 9}, true},
    ImportRow{"conv4.#", "conv4_#", nullptr, "relu4_#", {0, 1, 3}, true},
    ImportRow{"embedding", "fc5", nullptr, nullptr, {}, true},
};
inline constexpr std::array kSphere20aClassifier = {"fc6.weight"};

// github.com/timesler/facenet-pytorch, models/inception_resnet_v1.py: crops 160 x 160, 512-d, RGB. `logits` is the
// classifier.
inline constexpr std::array kFacenetRows = {
    ImportRow{"conv_1a", "conv2d_1a.conv", "conv2d_1a.bn", nullptr},
    ImportRow{"conv_2a", "conv2d_2a.conv", "conv2d_2a.bn", nullptr},
    ImportRow{"conv_2b", "conv2d_2b.conv", "conv2d_2b.bn", nullptr},
    ImportRow{"conv_3b", "conv2d_3b.conv", "conv2d_3b.bn", nullptr},
    ImportRow{"conv_4a", "conv2d_4a.conv", "conv2d_4a.bn", nullptr},
    ImportRow{"conv_4b", "conv2d_4b.conv", "conv2d_4b.bn", nullptr},
    ImportRow{"blocks35.#.branch0.0", "repeat_1.#.branch0.conv", "repeat_1.#.branch0.bn", nullptr, {0, 0, 5}},
    ImportRow{"blocks35.#.branch1.0", "repeat_1.#.branch1.0.conv", "repeat_1.#.branch1.0.bn", nullptr, {0, 0, 5}},
    ImportRow{"blocks35.#.branch1.1", "repeat_1.#.branch1.1.conv", "repeat_1.#.branch1.1.bn", nullptr, {0, 0, 5}},
    ImportRow{"blocks35.#.branch2.0", "repeat_1.#.branch2.0.conv", "repeat_1.#.branch2.0.bn", nullptr, {0, 0, 5}},
    ImportRow{"blocks35.#.branch2.1", "repeat_1.#.branch2.1.conv", "repeat_1.#.branch2.1.bn", nullptr, {0, 0, 5}},
    ImportRow{"blocks35.#.branch2.2", "repeat_1.#.branch2.2.conv", "repeat_1.#.branch2.2.bn", nullptr, {0, 0, 5}},
    ImportRow{"blocks35.#.up", "repeat_1.#.conv2d", nullptr, nullptr, {0, 0, 5}, true},
    ImportRow{"mixed_6a.branch0.0", "mixed_6a.branch0.conv", "mixed_6a.branch0.bn", nullptr},
    ImportRow{"mixed_6a.branch1.0", "mixed_6a.branch1.0.conv", "mixed_6a.branch1.0.bn", nullptr},
    ImportRow{"mixed_6a.branch1.1", "mixed_6a.branch1.1.conv", "mixed_6a.branch1.1.bn", nullptr},
    ImportRow{"mixed_6a.branch1.2", "mixed_6a.branch1.2.conv", "mixed_6a.branch1.2.bn", nullptr},
    ImportRow{"blocks17.#.branch0.0", "repeat_2.#.branch0.conv", "repeat_2.#.branch0.bn", nullptr, {0, 0, 10}},
    ImportRow{"blocks17.#.branch1.0", "repeat_2.#.branch1.0.conv", "repeat_2.#.branch1.0.bn", nullptr, {0, 0, 10}},
    ImportRow{"blocks17.#.branch1.1", "repeat_2.#.branch1.1.conv", "repeat_2.#.branch1.1.bn", nullptr, {0, 0, 10}},
    ImportRow{"blocks17.#.branch1.2", "repeat_2.#.branch1.2.conv", "repeat_2.#.branch1.2.bn", nullptr, {0, 0, 10}},
    ImportRow{"blocks17.#.up", "repeat_2.#.conv2d", nullptr, nullptr, {0, 0, 10}, true},
    ImportRow{"mixed_7a.branch0.0", "mixed_7a.branch0.0.conv", "mixed_7a.branch0.0.bn", nullptr},
    ImportRow{"mixed_7a.branch0.1", "mixed_7a.branch0.1.conv", "mixed_7a.branch0.1.bn", nullptr},
    ImportRow{"mixed_7a.branch1.0", "mixed_7a.branch1.0.conv", "mixed_7a.branch1.0.bn", nullptr},
    ImportRow{"mixed_7a.branch1.1", "mixed_7a.branch1.1.conv", "mixed_7a.branch1.1.bn", nullptr},
    ImportRow{"mixed_7a.branch2.0", "mixed_7a.branch2.0.conv", "mixed_7a.branch2.0.bn", nullptr},
    ImportRow{"mixed_7a.branch2.1", "mixed_7a.branch2.1.conv", "mixed_7a.branch2.1.bn", nullptr},
    ImportRow{"mixed_7a.branch2.2", "mixed_7a.branch2.2.conv", "mixed_7a.branch2.2.bn", nullptr},
    ImportRow{"blocks8.#.branch0.0", "repeat_3.#.branch0.conv", "repeat_3.#.branch0.bn", nullptr, {0, 0, 5}},
    ImportRow{"blocks8.#.branch1.0", "repeat_3.#.branch1.0.conv", "repeat_3.#.branch1.0.bn", nullptr, {0, 0, 5}},
    ImportRow{"blocks8.#.branch1.1", "repeat_3.#.branch1.1.conv", "repeat_3.#.branch1.1.bn", nullptr, {0, 0, 5}},
    ImportRow{"blocks8.#.branch1.2", "repeat_3.#.branch1.2.conv", "repeat_3.#.branch1.2.bn", nullptr, {0, 0, 5}},
    ImportRow{"blocks8.#.up", "repeat_3.#.conv2d", nullptr, nullptr, {0, 0, 5}, true},
    ImportRow{"blocks8.5.branch0.0", "block8.branch0.conv", "block8.branch0.bn", nullptr},
    ImportRow{"blocks8.5.branch1.0", "block8.branch1.0.conv", "block8.branch1.0.bn", nullptr},
    ImportRow{"blocks8.5.branch1.1", "block8.branch1.1.conv", "block8.branch1.1.bn", nullptr},
    ImportRow{"blocks8.5.branch1.2", "block8.branch1.2.conv", "block8.branch1.2.bn", nullptr},
    ImportRow{"blocks8.5.up", "block8.conv2d", nullptr, nullptr, {}, true},
    ImportRow{"embedding", "last_linear", "last_bn", nullptr},
};
inline constexpr std::array kFacenetClassifier = {"logits.weight", "logits.bias"};

inline constexpr std::array kImportForms = {
    ImportForm{"Xiaoccer/MobileFaceNet_Pytorch", "mobilefacenet", "rgb", 127.5, 128.0, {}, kXiaoccerRows},
    ImportForm{"TreB1eN/InsightFace_Pytorch", "mobilefacenet", "bgr", 127.5, 127.5, {}, kTreb1enRows},
    ImportForm{"insightface/arcface_torch", "iresnet18", "rgb", 127.5, 127.5, {112, 112}, kIResNet18Rows},
    ImportForm{"insightface/arcface_torch", "iresnet50", "rgb", 127.5, 127.5, {112, 112}, kIResNet50Rows},
    ImportForm{"clcarwin/sphereface_pytorch",
               "sphereface20",
               "bgr",
               127.5,
               128.0,
               {112, 96},
               kSphere20aRows,
               kSphere20aClassifier},
    ImportForm{"timesler/facenet-pytorch",
               "inception_resnet_v1",
               "rgb",
               127.5,
               128.0,
               {160, 160},
               kFacenetRows,
               kFacenetClassifier},
};

}  // namespace massface
