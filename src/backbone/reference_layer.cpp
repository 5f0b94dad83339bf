#include "backbone/reference_layer.h"

#include <torch/torch.h>

namespace massface {
namespace {

// Makes PyTorch compute in float32, even under autocast, and without gradients.
class PlainArithmetic {
  const at::NoGradGuard no_grad_;
  const c10::impl::ExcludeDispatchKeyGuard no_autocast_{c10::DispatchKey::AutocastCPU};
};

class ReferenceLayer : public FusedLayer {
 public:
  ReferenceLayer(const ConvUnit& unit, std::array<int64_t, 2> input) : FusedLayer(unit, input) {}
  bool is_fused() const override { return false; }
  bool takes_residual() const override { return true; }
  Strips input_strips(int64_t batch) const override { return strips_of(input_rows(batch)); }

  ChannelMoments forward(int64_t batch, const Reads& reads, Values x) const override {
    const PlainArithmetic plain;
    const ConvShape& shape = unit_.shape();
    const Tensor output =
        as_rows(at::conv2d(value(batch, reads, /*again=*/false), unit_.parts().weight, {}, shape.stride,
                           {shape.padding_height, shape.padding_width}, 1, shape.groups));
    copy_values(output.const_data_ptr<float>(), x, output.numel());
    const Strips strips = strips_of(output_rows(batch));
    MomentStrips moments(strips, shape.out_channels);
    over_strips(strips, [&](int64_t strip, int64_t) {
      moments.add(strip, x + strips.begin(strip) * shape.out_channels, strips.end(strip) - strips.begin(strip));
    });
    return moments.merge();
  }

  void backward(int64_t batch, const Reads& reads, const LayerOutput& output, const LayerGradient& gradient,
                const InputGradient& input, Tensor& weight_gradient) const override {
    const PlainArithmetic plain;
    const ConvShape& shape = unit_.shape();
    const auto [height, width] = output_size();
    Tensor dx = at::empty({batch, height, width, shape.out_channels}, at::kFloat);
    gradient_rows(gradient.g, output.x, output.activation, gradient.through_norm, dx.mutable_data_ptr<float>(),
                  output_rows(batch), shape.out_channels);
    const auto [of_input, of_weight, of_bias] = at::convolution_backward(
        dx.permute({0, 3, 1, 2}), value(batch, reads, /*again=*/true), unit_.parts().weight, at::nullopt,
        {shape.stride, shape.stride}, {shape.padding_height, shape.padding_width}, {1, 1},
        /*transposed=*/false, {0, 0}, shape.groups, {static_cast<bool>(input.g), true, false});
    weight_gradient.copy_(of_weight);
    if (!input.g) return;
    const Tensor rows = as_rows(of_input);
    const float* values = rows.const_data_ptr<float>();
    input.add ? add_values(values, input.g, rows.numel()) : copy_values(values, input.g, rows.numel());
    if (input.sums == nullptr) return;
    const LayerOutput& before = reads.input.before;
    const Strips strips = input_strips(batch);
    over_strips(strips, [&](int64_t strip, int64_t) {
      const int64_t at = strips.begin(strip) * before.channels;
      input.sums->add(strip, input.g + at, before.x + at, before.activation, before.mean,
                      strips.end(strip) - strips.begin(strip));
    });
  }

 private:
  // [B, C, H, W] -> contiguous [B, H, W, C].
  static Tensor as_rows(const Tensor& images) { return images.permute({0, 2, 3, 1}).contiguous(); }

  // Returns the input of the layer, [B, C, H, W] in channels-last memory. The first time (not `again`) also stores it
  // in input.kept unless that is null.
  Tensor value(int64_t batch, const Reads& reads, bool again) const {
    const int64_t channels = unit_.shape().in_channels, rows = input_rows(batch);
    Tensor value = at::empty({batch, input_[0], input_[1], channels}, at::kFloat);
    float* to = value.mutable_data_ptr<float>();
    const LayerInput& input = reads.input;
    if (reads.images != nullptr) {
      copy_values(reads.images, to, value.numel());
    } else if (again && input.kept) {
      copy_values(input.kept, to, value.numel());
    } else {
      activate_rows(input.before.x, input.before.activation, input.added, to, rows, channels);
      if (!again && input.kept) copy_values(to, input.kept, value.numel());
    }
    return value.permute({0, 3, 1, 2});
  }
};

}  // namespace

std::unique_ptr<FusedLayer> make_reference_layer(const ConvUnit& unit, std::array<int64_t, 2> input) {
  return std::make_unique<ReferenceLayer>(unit, input);
}

}  // namespace massface
