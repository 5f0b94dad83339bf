#pragma once

#include <array>
#include <span>

namespace massface {

// The tensor names of published networks, next to ours. A new form takes one table here and one line in kImportForms.

// A row of a table is one of our ConvUnits (backbone/conv_unit.h), with the modules of the published network that it is
// made of:
//   OURS.conv.weight                                       CONV.weight; may be the matrix [out, in] of a linear layer
//   OURS.norm.weight, .bias, .running_mean, .running_var   NORM.weight, ... (NORM.num_batches_tracked is left out)
//   OURS.prelu.weight                                      PRELU.weight; null if the unit is linear
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
};

// One published form of a network, and the input that it was trained on: the order of the colours, and pixels x
// normalised as (x - mean) / scale. The input size is read from the weights.
struct ImportForm {
  const char* name;
  const char* backbone;  // our name of the network
  const char* channel_order;
  double mean;
  double scale;
  std::span<const ImportRow> rows;
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

inline constexpr std::array kImportForms = {
    ImportForm{"Xiaoccer/MobileFaceNet_Pytorch", "mobilefacenet", "rgb", 127.5, 128.0, kXiaoccerRows},
    ImportForm{"TreB1eN/InsightFace_Pytorch", "mobilefacenet", "bgr", 127.5, 127.5, kTreb1enRows},
};

}  // namespace massface
