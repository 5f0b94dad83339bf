#include "kernels/folded_stage.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "core/tensor.h"
#include "kernels/testing_targets.h"

namespace massface {
namespace {

// A folded convolution and its PReLU, as tensors: [C_out, C_in / groups, kH, kW].
struct Layer {
  Tensor weight, bias, slope;
  int64_t stride = 1;

  Layer(std::vector<int64_t> shape, bool prelu, int64_t stride_of = 1) : stride(stride_of) {
    weight = torch::randn(shape), bias = torch::randn({shape[0]});
    if (prelu) slope = torch::randn({shape[0]});
  }
  // Computes the layer in double. x: [B, C, H, W].
  Tensor apply(const Tensor& x) const {
    const bool depthwise = weight.size(1) == 1;
    const int64_t padding = weight.size(2) == 3 ? 1 : 0;
    const Tensor y =
        at::conv2d(x, weight.to(at::kDouble), bias.to(at::kDouble), stride, padding, 1, depthwise ? weight.size(0) : 1);
    return slope.defined() ? at::where(y > 0, y, slope.to(at::kDouble).reshape({1, -1, 1, 1}) * y) : y;
  }
  std::vector<float> values(const Tensor& tensor) const {
    if (!tensor.defined()) return {};
    const Tensor t = tensor.contiguous();
    return {t.const_data_ptr<float>(), t.const_data_ptr<float>() + t.numel()};
  }
  FoldedPointwise pointwise(Storage storage = Storage::kFloat32) const {
    const Tensor rows = weight.permute({0, 2, 3, 1}).reshape({weight.size(0), -1}).contiguous();
    const float* data = rows.const_data_ptr<float>();
    const int64_t depth = rows.size(1), columns = rows.size(0);
    if (storage == Storage::kBfloat16) {
      return {PackedPairs(data, depth, columns, 1, depth), values(bias), values(slope)};
    }
    return {PackedMatrix(data, depth, columns, 1, depth), values(bias), values(slope)};
  }
  FoldedDepthwise depthwise() const { return {values(weight.flatten(1).t()), values(bias), values(slope), stride}; }
};

Tensor memory_of(const Tensor& images) { return images.permute({0, 2, 3, 1}).contiguous(); }

Tensor stored(const Tensor& tensor, Storage storage) {
  return storage == Storage::kFloat32 ? tensor : tensor.to(at::kBFloat16);
}
Values values_of(const Tensor& tensor) {
  if (tensor.scalar_type() == at::kFloat) return tensor.mutable_data_ptr<float>();
  return static_cast<Bfloat16*>(tensor.mutable_data_ptr());
}

// Computes the last image again in three parts, of which the middle one is a single row, and compares the bits.
void expect_same_in_parts(const FoldedStage& stage, const Tensor& in, const Tensor& whole) {
  const int64_t rows = stage.out_height();
  const Tensor parts = stage.residual ? in.clone() : torch::full_like(whole, NAN);
  AlignedFloats scratch(stage.scratch_floats());
  for (const auto& [begin, end] :
       {std::pair<int64_t, int64_t>{0, rows / 2}, {rows / 2, rows / 2 + 1}, {rows / 2 + 1, rows}}) {
    if (begin == end) continue;
    std::fill_n(scratch.data(), stage.scratch_floats(), NAN);
    run_stage_rows(stage, begin, end, values_of(in), values_of(parts), scratch.data());
  }
  EXPECT_TRUE(torch::equal(parts, whole)) << "[" << in.sizes() << "]";
}

// Runs the stage, in place if it adds its input, and compares the result with truth. in, truth: [B, C, H, W].
void expect_stage(const FoldedStage& stage, const Tensor& in, const Tensor& truth) {
  const Tensor from = stage.image_size ? memory_of(in) : stored(memory_of(in), stage.storage);
  const Tensor before = from.clone();
  const Tensor to = stage.residual ? from : stored(torch::full(memory_of(truth).sizes(), NAN), stage.storage);
  ASSERT_EQ(to.numel(), truth.numel());
  AlignedFloats scratch(stage.scratch_floats());
  std::fill_n(scratch.data(), stage.scratch_floats(), NAN);  // must be written before it is read
  run_stage(stage, in.size(0), values_of(from), values_of(to), scratch.data());
  const Tensor error = (to.to(at::kDouble) - memory_of(truth)).abs().max() / truth.abs().max();
  EXPECT_LT(error.item<double>(), stage.storage == Storage::kFloat32 ? 2e-6 : 2e-2) << "[" << in.sizes() << "]";
  if (!stage.global) expect_same_in_parts(stage, before[-1], to[-1]);
}

struct Size {
  int64_t images, height, width;
};
// One row, one column; several blocks of rows in an image, and several images in a block.
constexpr Size kSizes[] = {{1, 1, 1}, {3, 1, 5}, {2, 6, 1}, {1, 2, 2}, {3, 7, 7}, {5, 14, 14}, {2, 9, 31}, {1, 40, 28}};

TEST(FoldedStage, WidensFiltersAndProjects) {
  on_all_targets([] {
    torch::manual_seed(1);
    for (const Size& size : kSizes) {
      for (const int64_t stride : {1, 2}) {
        for (const bool expands : {true, false}) {
          for (const bool projects : {true, false}) {
            const int64_t wide = expands ? 70 : 24;
            const Layer expand({70, 24, 1, 1}, true), filter({wide, 1, 3, 3}, true, stride),
                project({33, wide, 1, 1}, stride == 2);
            const Tensor in = torch::randn({size.images, 24, size.height, size.width});
            FoldedStage stage{.height = size.height, .width = size.width, .channels = 24};
            Tensor truth = in.to(at::kDouble);
            if (expands) stage.expand = expand.pointwise(), truth = expand.apply(truth);
            stage.depthwise = filter.depthwise(), truth = filter.apply(truth);
            if (projects) stage.project = project.pointwise(), truth = project.apply(truth);
            expect_stage(stage, in, truth);
          }
        }
      }
    }
  });
}

TEST(FoldedStage, AddsItsInputInPlace) {
  on_all_targets([] {
    torch::manual_seed(2);
    for (const Size& size : kSizes) {
      const Layer expand({48, 24, 1, 1}, true), filter({48, 1, 3, 3}, true), project({24, 48, 1, 1}, false);
      const Tensor in = torch::randn({size.images, 24, size.height, size.width});
      FoldedStage stage{.height = size.height, .width = size.width, .channels = 24};
      stage.expand = expand.pointwise();
      stage.depthwise = filter.depthwise();
      stage.project = project.pointwise();
      stage.residual = true;
      const Tensor wide = in.to(at::kDouble);
      expect_stage(stage, in, wide + project.apply(filter.apply(expand.apply(wide))));
    }
  });
}

TEST(FoldedStage, TakesALoneLayerOfEachKind) {
  on_all_targets([] {
    torch::manual_seed(3);
    for (const Size& size : kSizes) {
      FoldedStage alone{.height = size.height, .width = size.width, .channels = 17};
      const Tensor in = torch::randn({size.images, 17, size.height, size.width});
      const Layer linear({33, 17, 1, 1}, false), global({17, 1, size.height, size.width}, true);
      alone.expand = linear.pointwise();
      expect_stage(alone, in, linear.apply(in.to(at::kDouble)));
      alone.expand.reset();
      alone.global = global.depthwise();
      expect_stage(alone, in, global.apply(in.to(at::kDouble)));
    }
  });
}

TEST(FoldedStage, ReadsImages) {
  on_all_targets([] {
    torch::manual_seed(4);
    for (const Size& size : {Size{3, 14, 12}, Size{2, 7, 9}, Size{1, 112, 96}}) {
      const Layer stem({20, 3, 3, 3}, true, 2), filter({20, 1, 3, 3}, true);
      const Tensor images = torch::randn({size.images, 3, size.height, size.width});
      FoldedStage stage{.height = (size.height + 1) / 2, .width = (size.width + 1) / 2, .channels = 3};
      stage.image_size = {size.height, size.width};
      stage.expand = stem.pointwise();
      stage.depthwise = filter.depthwise();
      expect_stage(stage, images, filter.apply(stem.apply(images.to(at::kDouble))));
    }
  });
}

// The same stages with bfloat16 between the layers and in the products.
void expect_stages_in_bfloat16() {
  constexpr Storage kHalf = Storage::kBfloat16;
  torch::manual_seed(5);
  for (const Size& size : kSizes) {
    const Layer expand({48, 24, 1, 1}, true), filter({48, 1, 3, 3}, true), project({24, 48, 1, 1}, false);
    const Layer global({24, 1, size.height, size.width}, true);
    const Tensor in = torch::randn({size.images, 24, size.height, size.width}), wide = in.to(at::kDouble);
    FoldedStage stage{.storage = kHalf, .height = size.height, .width = size.width, .channels = 24};
    FoldedStage alone{.storage = kHalf, .height = size.height, .width = size.width, .channels = 24};
    stage.expand = expand.pointwise(kHalf);
    stage.depthwise = filter.depthwise();
    stage.project = project.pointwise(kHalf);
    stage.residual = true;
    alone.global = global.depthwise();
    expect_stage(stage, in, wide + project.apply(filter.apply(expand.apply(wide))));
    expect_stage(alone, in, global.apply(wide));
  }
  const Layer stem({20, 3, 3, 3}, true, 2), filter({20, 1, 3, 3}, true);
  const Tensor images = torch::randn({3, 3, 13, 12});
  FoldedStage reads{.storage = kHalf, .height = 7, .width = 6, .channels = 3};
  reads.image_size = {13, 12};
  reads.expand = stem.pointwise();
  reads.depthwise = filter.depthwise();
  expect_stage(reads, images, filter.apply(stem.apply(images.to(at::kDouble))));
}

TEST(FoldedStage, InBfloat16) {
  on_all_targets([] { on_all_bfloat16_kernels(expect_stages_in_bfloat16); });
}

}  // namespace
}  // namespace massface
