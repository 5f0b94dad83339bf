#include "kernels/fused_layer.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "core/tensor.h"
#include "kernels/fused_depthwise.h"
#include "kernels/fused_pointwise.h"
#include "kernels/testing_targets.h"

namespace massface {
namespace {

Tensor rows_of(const Tensor& image) { return image.permute({0, 2, 3, 1}).contiguous(); }  // [B, C, H, W] -> memory

double relative(const Tensor& ours, const Tensor& truth) {
  return ((ours.to(at::kDouble) - truth).norm() / truth.norm()).item<double>();
}

// A layer between two BatchNorms: its surroundings on both sides, and all the gradients that it should have, computed
// by autograd in double.
struct LayerCase {
  LayerCase(std::array<int64_t, 4> in, const Tensor& kernel, int64_t stride, int64_t padding, int64_t groups,
            bool prelu_before, bool residual) {
    torch::manual_seed(in[1] + stride);
    const auto vector = [](int64_t n) { return torch::randn({n}); };
    x_before = torch::randn({in[0], in[1], in[2], in[3]});
    scale = vector(in[1]), shift = vector(in[1]), slope = vector(in[1]), mean = vector(in[1]);
    if (residual) added = torch::randn_like(x_before);
    weight = kernel;
    has_slope = prelu_before;

    const auto wide = [](const Tensor& t) { return t.to(at::kDouble); };
    const auto channel = [&](const Tensor& t) { return wide(t).reshape({1, -1, 1, 1}); };
    const Tensor z = channel(scale) * wide(x_before) + channel(shift);
    Tensor value = has_slope ? at::where(z > 0, z, channel(slope) * z) : z;
    if (residual) value = value + wide(added);
    value = value.detach().requires_grad_();
    const Tensor w = wide(weight).requires_grad_();
    x = at::conv2d(value, w, {}, stride, padding, 1, groups);
    out_scale = vector(x.size(1)), out_shift = vector(x.size(1)), out_slope = vector(x.size(1));
    through_x = vector(x.size(1)), constant = vector(x.size(1));
    g = torch::randn_like(x).to(at::kFloat);
    const Tensor out_z = channel(out_scale) * x.detach() + channel(out_shift);
    const Tensor dz = at::where(out_z > 0, wide(g), channel(out_slope) * wide(g));
    const Tensor dx = channel(out_scale) * dz + channel(through_x) * x.detach() + channel(constant);
    x.backward(dx);
    dvalue = value.grad(), dweight = w.grad();
    const Tensor passed = has_slope ? at::where(z > 0, dvalue, channel(slope) * dvalue) : dvalue;
    shift_sum = passed.sum({0, 2, 3});
    scale_sum = (passed * (wide(x_before) - channel(mean))).sum({0, 2, 3});
    slope_sum = (dvalue * at::where(z > 0, at::zeros_like(z), z)).sum({0, 2, 3});
  }

  LayerOutput before() const {
    return {memory_before.const_data_ptr<float>(),
            x_before.size(1),
            {scale.const_data_ptr<float>(), shift.const_data_ptr<float>(),
             has_slope ? slope.const_data_ptr<float>() : nullptr},
            mean.const_data_ptr<float>()};
  }
  LayerOutput output(const Tensor& memory) const {
    return {memory.const_data_ptr<float>(),
            x.size(1),
            {out_scale.const_data_ptr<float>(), out_shift.const_data_ptr<float>(), out_slope.const_data_ptr<float>()},
            nullptr};
  }
  LayerGradient gradient() const {
    return {memory_g.const_data_ptr<float>(), {through_x.const_data_ptr<float>(), constant.const_data_ptr<float>()}};
  }
  void lay_out() {
    memory_before = rows_of(x_before);
    memory_g = rows_of(g);
  }
  void expect_output(const Tensor& ours, const ChannelMoments& moments) const {
    EXPECT_LT(relative(ours, rows_of(x.detach())), 1e-5);
    const Tensor rows = rows_of(x.detach()).flatten(0, 2);
    EXPECT_LT(relative(torch::tensor(moments.mean), rows.mean(0)), 1e-4);
    EXPECT_LT(relative(torch::tensor(moments.variance), rows.var(0, /*unbiased=*/false)), 1e-4);
  }
  void expect_sums(const GradientSums& sums) const {
    EXPECT_LT(relative(torch::tensor(sums.shift), shift_sum), 1e-4);
    EXPECT_LT(relative(torch::tensor(sums.scale), scale_sum), 1e-4);
    if (!has_slope) return;
    EXPECT_LT(relative(torch::tensor(sums.slope), slope_sum), 1e-4);
  }

  Tensor x_before, added, weight, x, g, dvalue, dweight, memory_before, memory_g;
  Tensor scale, shift, slope, mean, out_scale, out_shift, out_slope, through_x, constant;
  Tensor shift_sum, scale_sum, slope_sum;
  bool has_slope;
};

void check_pointwise(int64_t batch, int64_t side, int64_t in, int64_t out, bool residual, bool prelu) {
  SCOPED_TRACE(testing::Message() << batch << " images, " << in << " -> " << out);
  LayerCase layer({batch, in, side, side}, torch::randn({out, in, 1, 1}), 1, 0, 1, prelu, residual);
  layer.lay_out();
  const Strips strips = strips_of(batch * side * side);
  const Tensor added = residual ? rows_of(layer.added) : Tensor();
  Tensor kept = torch::empty({batch, side, side, in}), x = torch::empty({batch, side, side, out});
  LayerInput input{.before = layer.before()};
  if (residual) {
    input.added = added.const_data_ptr<float>();
    input.kept = kept.mutable_data_ptr<float>();
  }
  const float* weight = layer.weight.const_data_ptr<float>();
  const ActivatedRows source(input);
  layer.expect_output(
      x, pointwise_forward(source, PackedMatrix(weight, in, out, 1, in), strips, x.mutable_data_ptr<float>()));
  Tensor dvalue = torch::ones({batch, side, side, in}), dweight = torch::empty({out, in, 1, 1});
  GradientStrips sums(strips, in);
  const PackedMatrix back(weight, out, in, in, 1);
  pointwise_backward(layer.output(x), layer.gradient(), source, layer.before(), &back, strips,
                     {.g = dvalue.mutable_data_ptr<float>(), .add = false, .sums = &sums},
                     dweight.mutable_data_ptr<float>());
  EXPECT_LT(relative(dvalue, rows_of(layer.dvalue)), 1e-5);
  EXPECT_LT(relative(dweight, layer.dweight), 1e-5);
  layer.expect_sums(sums.merge(prelu));

  Tensor twice = dvalue.clone();
  pointwise_backward(layer.output(x), layer.gradient(), source, layer.before(), &back, strips,
                     {.g = twice.mutable_data_ptr<float>(), .add = true, .sums = nullptr},
                     dweight.mutable_data_ptr<float>());
  EXPECT_LT(relative(twice, 2 * rows_of(layer.dvalue)), 1e-5);
}

TEST(FusedPointwise, IsBatchNormPReluAndConvolutionWithTheirGradients) {
  on_all_targets([] {
    check_pointwise(2, 7, 64, 128, false, true);
    check_pointwise(3, 5, 20, 33, false, true);  // no whole vector
    check_pointwise(5, 1, 512, 100, false, false);
    check_pointwise(4, 28, 64, 64, true, false);  // the residual is added and kept
  });
}

void check_depthwise(int64_t batch, int64_t height, int64_t width, int64_t channels, int64_t stride) {
  SCOPED_TRACE(testing::Message() << height << " x " << width << " x " << channels << ", stride " << stride);
  LayerCase layer({batch, channels, height, width}, torch::randn({channels, 1, 3, 3}), stride, 1, channels, true,
                  false);
  layer.lay_out();
  const DepthwiseShape shape{batch, height, width, stride, channels};
  const Tensor taps = layer.weight.reshape({channels, 9}).t().contiguous();
  Tensor x = torch::empty({batch, shape.out_height(), shape.out_width(), channels});
  layer.expect_output(
      x, depthwise_forward(shape, layer.before(), taps.const_data_ptr<float>(), x.mutable_data_ptr<float>()));
  Tensor dvalue = torch::empty({batch, height, width, channels}), dtaps = torch::empty({9, channels});
  GradientStrips sums(input_strips(shape), channels);
  depthwise_backward(shape, layer.output(x), layer.gradient(), layer.before(), taps.const_data_ptr<float>(),
                     {.g = dvalue.mutable_data_ptr<float>(), .add = false, .sums = &sums},
                     dtaps.mutable_data_ptr<float>());
  EXPECT_LT(relative(dvalue, rows_of(layer.dvalue)), 1e-5);
  EXPECT_LT(relative(dtaps.t().reshape({channels, 1, 3, 3}), layer.dweight), 1e-5);
  layer.expect_sums(sums.merge(true));
}

TEST(FusedDepthwise, IsBatchNormPReluAndConvolutionWithTheirGradients) {
  on_all_targets([] {
    for (const int64_t stride : {1, 2}) {
      check_depthwise(3, 14, 14, 64, stride);
      check_depthwise(2, 8, 6, 20, stride);
      check_depthwise(2, 7, 9, 5, stride);  // odd sides
      check_depthwise(2, 1, 1, 16, stride);
      check_depthwise(2, 2, 3, 17, stride);
    }
  });
}

TEST(FusedGlobalDepthwise, LeavesOnePixelAnImage) {
  on_all_targets([] {
    const int64_t batch = 5, height = 3, width = 2, channels = 24;
    LayerCase layer({batch, channels, height, width}, torch::randn({channels, 1, height, width}), 1, 0, channels, true,
                    false);
    layer.lay_out();
    const Tensor taps = layer.weight.reshape({channels, height * width}).t().contiguous();
    Tensor x = torch::empty({batch, 1, 1, channels});
    layer.expect_output(x, global_depthwise_forward(batch, height * width, layer.before(), taps.const_data_ptr<float>(),
                                                    x.mutable_data_ptr<float>()));
    Tensor dvalue = torch::empty({batch, height, width, channels}), dtaps = torch::empty({height * width, channels});
    GradientStrips sums({.rows = batch * height * width, .strip_rows = height * width}, channels);
    global_depthwise_backward(
        batch, height * width, layer.output(x), layer.gradient(), layer.before(), taps.const_data_ptr<float>(),
        {.g = dvalue.mutable_data_ptr<float>(), .add = false, .sums = &sums}, dtaps.mutable_data_ptr<float>());
    EXPECT_LT(relative(dvalue, rows_of(layer.dvalue)), 1e-5);
    EXPECT_LT(relative(dtaps.t().reshape({channels, 1, height, width}), layer.dweight), 1e-5);
    layer.expect_sums(sums.merge(true));
  });
}

TEST(ImagePatches, AreThoseOfAConvolutionWithStrideTwo) {
  const Tensor images = torch::randn({2, 3, 7, 6}), weight = torch::randn({5, 3, 3, 3});
  const Tensor pixels = rows_of(images);
  const Tensor rows = torch::empty({2 * 4 * 3, 27});
  ImagePatches(pixels.const_data_ptr<float>(), 7, 6).rows(0, 2 * 4 * 3, rows.mutable_data_ptr<float>());
  const Tensor kernel = weight.permute({0, 2, 3, 1}).reshape({5, 27});
  const Tensor expected = rows_of(at::conv2d(images, weight, {}, 2, 1));
  EXPECT_TRUE(torch::allclose(rows.mm(kernel.t()).reshape({2, 4, 3, 5}), expected, 1e-4, 1e-5));
}

TEST(Strips, SumsDoNotDependOnTheNumberOfThreads) {
  const int64_t threads = at::get_num_threads();
  const Tensor x = torch::randn({1000, 64}) + 100, weight = torch::randn({64, 64});
  const Tensor ones = torch::ones({64}), zeros = torch::zeros({64});
  const LayerInput input{.before = {x.const_data_ptr<float>(),
                                    64,
                                    {ones.const_data_ptr<float>(), zeros.const_data_ptr<float>(), nullptr},
                                    nullptr}};
  const auto moments = [&](int64_t number) {
    at::set_num_threads(static_cast<int>(number));
    Tensor y = torch::empty({1000, 64});
    return pointwise_forward(ActivatedRows(input), PackedMatrix(weight.const_data_ptr<float>(), 64, 64, 1, 64),
                             strips_of(1000), y.mutable_data_ptr<float>());
  };
  const ChannelMoments one = moments(1), three = moments(3);
  at::set_num_threads(static_cast<int>(threads));
  EXPECT_EQ(one.mean, three.mean);
  EXPECT_EQ(one.variance, three.variance);
}

}  // namespace
}  // namespace massface
