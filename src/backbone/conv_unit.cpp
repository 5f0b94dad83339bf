#include "backbone/conv_unit.h"

#include "backbone/shared_statistics.h"
#include "core/error.h"
#include "kernels/fold_batch_norm.h"
#include "kernels/prelu.h"

namespace massface {

ConvShape pointwise(int64_t in_channels, int64_t out_channels) {
  return {.in_channels = in_channels, .out_channels = out_channels};
}

ConvShape depthwise_3x3(int64_t channels, int64_t stride) {
  return {.in_channels = channels,
          .out_channels = channels,
          .kernel_height = 3,
          .kernel_width = 3,
          .stride = stride,
          .padding = 1,
          .groups = channels};
}

ConvShape::Kind ConvShape::kind(std::array<int64_t, 2> input) const {
  const int64_t in = in_channels, out = out_channels;
  if (*this == pointwise(in, out)) return Kind::kPointwise;
  if (*this == depthwise_3x3(out, 1) || *this == depthwise_3x3(out, 2)) return Kind::kDepthwise;
  if (*this == ConvShape{out, out, input[0], input[1], 1, 0, out}) return Kind::kGlobalDepthwise;
  if (*this == ConvShape{3, out, 3, 3, 2, 1, 1}) return Kind::kStem;
  return Kind::kOther;
}

ConvUnit::ConvUnit(const ConvShape& shape, Activation activation) : shape_(shape) {
  // Submodules, so that the weights have the names that torch.nn.Conv2d, BatchNorm2d and PReLU would give them.
  const auto part = [this](const std::string& name) {
    return register_module(name, std::make_shared<torch::nn::Module>(name));
  };
  const int64_t channels = shape.out_channels;
  weight_ = part("conv")->register_parameter(
      "weight", torch::zeros({channels, shape.in_channels / shape.groups, shape.kernel_height, shape.kernel_width})
                    .contiguous(at::MemoryFormat::ChannelsLast));
  const auto norm = part("norm");
  gamma_ = norm->register_parameter("weight", torch::ones({channels}));
  beta_ = norm->register_parameter("bias", torch::zeros({channels}));
  running_mean_ = norm->register_buffer("running_mean", torch::zeros({channels}));
  running_variance_ = norm->register_buffer("running_var", torch::ones({channels}));
  if (activation == Activation::kPRelu) {
    slope_ = part("prelu")->register_parameter("weight", torch::full({channels}, 0.25));
  }
}

Tensor ConvUnit::forward(const Tensor& x) {
  if (folded_bias_.defined()) return forward_folded(x);
  const Tensor convolved = at::conv2d(x, weight_, {}, shape_.stride, shape_.padding, 1, shape_.groups);
  const bool together = normalises_by_batch() && processes_->size() > 1;
  const Tensor normalised =
      together ? synchronised_batch_norm(convolved, gamma_, beta_, running_mean_, running_variance_, kBatchNormMomentum,
                                         kBatchNormEpsilon, processes_)
               : at::batch_norm(convolved, gamma_, beta_, running_mean_, running_variance_, normalises_by_batch(),
                                kBatchNormMomentum, kBatchNormEpsilon, /*cudnn_enabled=*/true);
  return slope_.defined() ? massface::prelu(normalised, slope_) : normalised;
}

void ConvUnit::set_batch_norm(BatchNormMode mode, std::shared_ptr<Processes> processes) {
  batch_norm_ = mode;
  processes_ = mode == BatchNormMode::kSynchronised ? std::move(processes) : single_process();
  gamma_.set_requires_grad(mode != BatchNormMode::kFrozen);
  beta_.set_requires_grad(mode != BatchNormMode::kFrozen);
}

Tensor ConvUnit::forward_folded(const Tensor& x) const {
  Tensor y = at::conv2d(x, weight_, folded_bias_, shape_.stride, shape_.padding, 1, shape_.groups);
  if (slope_.defined()) prelu_in_place(y, slope_);
  return y;
}

void ConvUnit::draw_weights(Random& random) {
  const double fan_out = static_cast<double>(shape_.kernel_height * shape_.kernel_width * shape_.out_channels) /
                         static_cast<double>(shape_.groups);
  const auto deviation = static_cast<float>(std::sqrt(2.0 / fan_out));
  // Drawn in the order [C_out, C_in, kH, kW], whatever the memory format.
  Tensor drawn = torch::empty(weight_.sizes());
  float* values = drawn.mutable_data_ptr<float>();
  for (int64_t i = 0; i < drawn.numel(); ++i) values[i] = deviation * random.normal();
  const at::NoGradGuard no_grad;
  weight_.copy_(drawn);
}

void ConvUnit::fold() {
  check(!is_training(), "only a network in eval mode is folded");
  if (folded_bias_.defined()) return;
  const FoldedConvolution folded =
      fold_batch_norm(weight_, gamma_, beta_, running_mean_, running_variance_, kBatchNormEpsilon);
  const at::NoGradGuard no_grad;
  weight_.copy_(folded.weight);
  folded_bias_ = register_buffer("folded_bias", folded.bias);
}

void ConvUnit::absorb(const ConvUnit& before) {
  const auto is_pointwise = [](const ConvShape& shape) {
    return shape == pointwise(shape.in_channels, shape.out_channels);
  };
  check(folded_bias_.defined() && before.folded_bias_.defined(), "only folded units are joined");
  check(!before.slope_.defined() && is_pointwise(shape_) && is_pointwise(before.shape_) &&
            before.shape_.out_channels == shape_.in_channels,
        "only a linear 1x1 unit and the 1x1 unit after it are joined");
  const auto matrix = [](const Tensor& weight) { return weight.to(at::kDouble).flatten(1); };
  const at::NoGradGuard no_grad;
  const Tensor weight = matrix(weight_);
  folded_bias_.add_(weight.mv(before.folded_bias_.to(at::kDouble)));
  const Tensor joined = weight.mm(matrix(before.weight_)).to(weight_.scalar_type());
  shape_.in_channels = before.shape_.in_channels;
  weight_.set_data(
      joined.reshape({shape_.out_channels, shape_.in_channels, 1, 1}).contiguous(at::MemoryFormat::ChannelsLast));
}

std::array<int64_t, 2> ConvUnit::output_size(std::array<int64_t, 2> input) const {
  return {(input[0] + 2 * shape_.padding - shape_.kernel_height) / shape_.stride + 1,
          (input[1] + 2 * shape_.padding - shape_.kernel_width) / shape_.stride + 1};
}

}  // namespace massface
