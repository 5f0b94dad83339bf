#include "backbone/conv_unit.h"

#include <ATen/Parallel.h>

#include <algorithm>

#include "backbone/network_trace.h"
#include "core/error.h"
#include "kernels/fold_batch_norm.h"
#include "kernels/prelu.h"

namespace massface {
namespace {

constexpr int64_t kBlocksPerThread = 4096;  // at least, in draw_weights()

}  // namespace

ConvShape pointwise(int64_t in_channels, int64_t out_channels) {
  return {.in_channels = in_channels, .out_channels = out_channels};
}

ConvShape conv_3x3(int64_t in_channels, int64_t out_channels, int64_t stride) {
  return {.in_channels = in_channels,
          .out_channels = out_channels,
          .kernel_height = 3,
          .kernel_width = 3,
          .stride = stride,
          .padding_height = 1,
          .padding_width = 1};
}

ConvShape fully_connected(int64_t in_channels, int64_t out_channels, std::array<int64_t, 2> input) {
  return {
      .in_channels = in_channels, .out_channels = out_channels, .kernel_height = input[0], .kernel_width = input[1]};
}

ConvShape depthwise_3x3(int64_t channels, int64_t stride) {
  return {.in_channels = channels,
          .out_channels = channels,
          .kernel_height = 3,
          .kernel_width = 3,
          .stride = stride,
          .padding_height = 1,
          .padding_width = 1,
          .groups = channels};
}

ConvShape::Kind ConvShape::kind(std::array<int64_t, 2> input) const {
  const int64_t in = in_channels, out = out_channels;
  if (*this == pointwise(in, out)) return Kind::kPointwise;
  if (*this == depthwise_3x3(out, 1) || *this == depthwise_3x3(out, 2)) return Kind::kDepthwise;
  if (*this == ConvShape{out, out, input[0], input[1], 1, 0, 0, out}) return Kind::kGlobalDepthwise;
  if (*this == conv_3x3(3, out, 2)) return Kind::kStem;
  return Kind::kOther;
}

ConvUnit::ConvUnit(const ConvShape& shape, const UnitForm& form) : shape_(shape), form_(form) {
  // Submodules, so that the weights have the names that torch.nn.Conv2d, BatchNorm2d and PReLU would give them.
  const auto part = [this](const std::string& name) {
    return register_module(name, std::make_shared<torch::nn::Module>(name));
  };
  const int64_t channels = shape.out_channels;
  const auto conv = part("conv");
  weight_ = conv->register_parameter(
      "weight", torch::zeros({channels, shape.in_channels / shape.groups, shape.kernel_height, shape.kernel_width})
                    .contiguous(at::MemoryFormat::ChannelsLast));
  if (form.bias) bias_ = conv->register_parameter("bias", torch::zeros({channels}));
  if (form.norm) norm_ = register_module("norm", std::make_shared<BatchNorm>(channels, *form.norm));
  if (form.activation == Activation::kPRelu) {
    slope_ = part("prelu")->register_parameter("weight", torch::full({channels}, 0.25));
  }
}

ConvUnit::Parts ConvUnit::parts() const {
  Parts parts{.weight = weight_, .bias = bias_, .slope = slope_, .folded_bias = folded_bias_};
  if (norm_ == nullptr) return parts;
  parts.gamma = norm_->parts().gamma;
  parts.beta = norm_->parts().beta;
  parts.running_mean = norm_->parts().running_mean;
  parts.running_variance = norm_->parts().running_variance;
  return parts;
}

Tensor ConvUnit::convolved(const Tensor& x, const Tensor& bias) const {
  return at::conv2d(x, weight_, bias, shape_.stride, {shape_.padding_height, shape_.padding_width}, 1, shape_.groups);
}

Tensor ConvUnit::forward(const Tensor& x) {
  const bool is_folded = folded_bias_.defined();
  Tensor y = convolved(x, is_folded ? folded_bias_ : bias_);
  if (norm_ != nullptr && !is_folded) y = norm_->forward(y);
  if (form_.activation == Activation::kRelu) return y.relu_();
  if (!slope_.defined()) return y;
  if (!is_folded) return massface::prelu(y, slope_);
  prelu_in_place(y, slope_);
  return y;
}

TracedValue ConvUnit::forward(const TracedValue& x) const {
  return x.then({.kind = NetworkOperation::Kind::kUnit, .unit = this});
}

void ConvUnit::draw_weights(const Random& random) {
  const double fan_out = static_cast<double>(shape_.kernel_height * shape_.kernel_width * shape_.out_channels) /
                         static_cast<double>(shape_.groups);
  const double own = form_.initial_deviation;
  const auto deviation = static_cast<float>(own > 0 ? own : std::sqrt(2.0 / fan_out));
  // Drawn in the order [C_out, C_in, kH, kW], whatever the memory format.
  Tensor drawn = torch::empty(weight_.sizes());
  float* values = drawn.mutable_data_ptr<float>();
  // A block of random numbers is two normal ones, so each thread can begin at a block.
  at::parallel_for(0, (drawn.numel() + 1) / 2, kBlocksPerThread, [&](int64_t begin, int64_t end) {
    Random own = random;
    own.seek(static_cast<uint32_t>(begin));
    for (int64_t i = 2 * begin; i < std::min(2 * end, drawn.numel()); ++i) values[i] = deviation * own.normal();
  });
  const at::NoGradGuard no_grad;
  weight_.copy_(drawn);
}

void ConvUnit::fold() {
  check(!is_training(), "only a network in eval mode is folded");
  if (folded_bias_.defined()) return;
  const at::NoGradGuard no_grad;
  Tensor bias = bias_.defined() ? bias_.clone() : torch::zeros({shape_.out_channels}, weight_.options());
  if (norm_ != nullptr) {
    const auto& [gamma, beta, mean, variance] = norm_->parts();
    // A bias before BatchNorm moves its mean.
    const FoldedConvolution folded = fold_batch_norm(weight_, gamma, beta, mean - bias, variance, norm_->epsilon());
    weight_.copy_(folded.weight);
    bias = folded.bias;
  }
  folded_bias_ = register_buffer("folded_bias", bias);
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
  return {(input[0] + 2 * shape_.padding_height - shape_.kernel_height) / shape_.stride + 1,
          (input[1] + 2 * shape_.padding_width - shape_.kernel_width) / shape_.stride + 1};
}

}  // namespace massface
