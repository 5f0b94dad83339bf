#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "kernels/bfloat16_product.h"
#include "kernels/block_product.h"

// Layers for inference: BatchNorm is folded into the convolution before it, so that a layer needs nothing but its
// input, and a stage of them is computed block by block, in the cache, on the calling thread:
//
//   rows of the input  --1x1, PReLU-->  wide rows  --depthwise 3x3, PReLU-->  wide rows  --1x1-->  rows of the output
//
// The wide rows, two to four times the input and the output together, are never written to memory: a ring keeps the
// last ones. Activations are channels-last, [images, height, width, channels], in float32 or, where the processor
// multiplies bfloat16, in that.
namespace massface {

// PReLU(rows x weight + bias).
struct FoldedPointwise {
  // [channels of the input, channels of the output]. Pairs read bfloat16 rows, a PackedMatrix floats.
  std::variant<PackedMatrix, PackedPairs> weight;
  std::vector<float> bias;   // [channels of the output]
  std::vector<float> slope;  // the same, or empty: no PReLU

  int64_t depth() const {
    return std::visit([](const auto& packed) { return packed.depth(); }, weight);
  }
  int64_t columns() const {
    return std::visit([](const auto& packed) { return packed.columns(); }, weight);
  }
};

// A depthwise convolution, 3x3 with one pixel of zeros around.
struct FoldedDepthwise {
  std::vector<float> weights;  // [9, channels], the kernel's rows and columns first
  std::vector<float> bias, slope;
  int64_t stride = 1;  // or 2
};

// In this order: expand, or depthwise, or both, and project only behind depthwise; or `global` alone.
struct FoldedStage {
  Storage storage = Storage::kFloat32;  // of the input (but images, which are floats), the output and what is between
  int64_t height = 0, width = 0;        // of the input, pixels; with image_size, of what expand makes of the images
  int64_t channels = 0;                 // of the input
  // Where expand is a network's first convolution (kernels/fused_pointwise.h, ImagePatches): of the images that it
  // reads, [images, height, width, 3].
  std::optional<std::array<int64_t, 2>> image_size;
  std::optional<FoldedPointwise> expand;
  std::optional<FoldedDepthwise> depthwise;
  std::optional<FoldedPointwise> project;
  bool residual = false;  // the input is added to the output and overwritten by it: `out` is `in`. With all three.

  // A depthwise convolution as large as its input, weights [height * width, channels].
  std::optional<FoldedDepthwise> global;

  int64_t wide_channels() const { return expand ? expand->columns() : channels; }
  int64_t stride() const { return depthwise ? depthwise->stride : 1; }
  int64_t out_height() const { return global ? 1 : (height - 1) / stride() + 1; }
  int64_t out_width() const { return global ? 1 : (width - 1) / stride() + 1; }
  int64_t out_channels() const { return project ? project->columns() : wide_channels(); }
  int64_t scratch_floats() const;
};

// out [images, out_height, out_width, out_channels]; scratch: scratch_floats(), aligned as AlignedFloats is.
void run_stage(const FoldedStage& stage, int64_t images, ConstValues in, Values out, float* scratch);

}  // namespace massface
