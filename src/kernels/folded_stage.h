#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "kernels/bfloat16_product.h"
#include "kernels/block_product.h"

// Layers for inference. BatchNorm is folded into the convolution before it, so that a layer needs nothing but its
// input, and a stage of layers is computed block by block, in the cache, on the calling thread:
//
//   rows of the input  --1x1, PReLU-->  wide rows  --depthwise 3x3, PReLU-->  wide rows  --1x1-->  rows of the output
//
// The wide rows, two to four times the size of the input and the output together, are never written to memory; a ring
// holds the most recent ones. Activations are channels-last, [images, height, width, channels], in float32 or, if the
// processor has bfloat16 products, in bfloat16.
namespace massface {

// Computes PReLU(rows x weight + bias).
struct FoldedPointwise {
  // [channels of the input, channels of the output]. PackedPairs multiply bfloat16 rows, a PackedMatrix multiplies
  // floats.
  std::variant<PackedMatrix, PackedPairs> weight;
  std::vector<float> bias;   // [channels of the output]
  std::vector<float> slope;  // [channels of the output]; empty if there is no PReLU

  int64_t depth() const {
    return std::visit([](const auto& packed) { return packed.depth(); }, weight);
  }
  int64_t columns() const {
    return std::visit([](const auto& packed) { return packed.columns(); }, weight);
  }
};

// A depthwise 3x3 convolution with one pixel of zero padding.
struct FoldedDepthwise {
  std::vector<float> weights;  // [9, channels], as in kernels/depthwise_rows.h
  std::vector<float> bias, slope;
  int64_t stride = 1;  // 1 or 2
};

// The layers in this order: expand or depthwise or both, then project, which needs depthwise; or `global` alone.
struct FoldedStage {
  Storage storage = Storage::kFloat32;  // of the input (except images, which are floats), wide rows and output
  int64_t height = 0, width = 0;        // of the input, in pixels; with image_size, of the output of expand
  int64_t channels = 0;                 // of the input
  // [height, width] of the images [images, height, width, 3], if expand is a network's first convolution and reads them
  // (kernels/fused_pointwise.h, ImagePatches).
  std::optional<std::array<int64_t, 2>> image_size;
  std::optional<FoldedPointwise> expand;
  std::optional<FoldedDepthwise> depthwise;
  std::optional<FoldedPointwise> project;
  bool residual = false;  // adds the input to the output, in place: `out` is `in`; needs all three layers

  // A depthwise convolution with a kernel as large as its input; its weights are [height * width, channels].
  std::optional<FoldedDepthwise> global;

  int64_t wide_channels() const { return expand ? expand->columns() : channels; }
  int64_t stride() const { return depthwise ? depthwise->stride : 1; }
  int64_t out_height() const { return global ? 1 : (height - 1) / stride() + 1; }
  int64_t out_width() const { return global ? 1 : (width - 1) / stride() + 1; }
  int64_t out_channels() const { return project ? project->columns() : wide_channels(); }
  int64_t scratch_floats() const;
};

// Computes out [images, out_height, out_width, out_channels]. scratch: scratch_floats() floats, aligned as
// AlignedFloats are.
void run_stage(const FoldedStage& stage, int64_t images, ConstValues in, Values out, float* scratch);

// Computes the rows [begin, end) of the output of one image, to the same bits; `in` and `out` are the whole image's.
// Several threads may each compute a part. A stage with a residual then does not work in place, for a part reads rows
// of the input beyond its own: out already holds a copy of the input. Not for a `global` stage, whose output is one
// row.
void run_stage_rows(const FoldedStage& stage, int64_t begin, int64_t end, ConstValues in, Values out, float* scratch);

}  // namespace massface
