#include "backbone/fused_layers.h"

#include "core/error.h"

namespace massface {
namespace {

// [C_out, kH, kW, C_in / groups] in memory, as channels-last has it.
const float* memory_of(const Tensor& weight) {
  check(weight.is_contiguous(at::MemoryFormat::ChannelsLast), "weights are channels-last");
  return weight.const_data_ptr<float>();
}

// [taps, channels] from [channels, taps].
std::vector<float> tap_major(const Tensor& weight) {
  const int64_t channels = weight.size(0), taps = weight.numel() / channels;
  const float* from = memory_of(weight);
  std::vector<float> result(weight.numel());
  for (int64_t c = 0; c < channels; ++c) {
    for (int64_t k = 0; k < taps; ++k) result[k * channels + c] = from[c * taps + k];
  }
  return result;
}

void store_tap_major(const std::vector<float>& gradient, Tensor& weight_gradient) {
  const int64_t channels = weight_gradient.size(0), taps = weight_gradient.numel() / channels;
  float* to = weight_gradient.mutable_data_ptr<float>();
  for (int64_t c = 0; c < channels; ++c) {
    for (int64_t k = 0; k < taps; ++k) to[c * taps + k] = gradient[k * channels + c];
  }
}

class FusedPointwise : public FusedLayer {
 public:
  FusedPointwise(const ConvUnit& unit, std::array<int64_t, 2> input) : FusedLayer(unit, input) {}
  bool takes_residual() const override { return true; }
  Strips input_strips(int64_t batch) const override { return strips_of(input_rows(batch)); }

  ChannelMoments forward(int64_t batch, const Reads& reads, float* x) const override {
    const auto [in, out] = channels();
    const PackedMatrix weight(memory_of(unit_.parts().weight), in, out, 1, in);
    return pointwise_forward(ActivatedRows(reads.input), weight, strips_of(output_rows(batch)), x);
  }

  void backward(int64_t batch, const Reads& reads, const LayerOutput& output, const LayerGradient& gradient,
                const InputGradient& input, Tensor& weight_gradient) const override {
    const auto [in, out] = channels();
    const PackedMatrix weight(memory_of(unit_.parts().weight), out, in, in, 1);
    pointwise_backward(output, gradient, ActivatedRows(reads.input), reads.input.before, &weight,
                       strips_of(output_rows(batch)), input, weight_gradient.mutable_data_ptr<float>());
  }

 private:
  std::pair<int64_t, int64_t> channels() const { return {unit_.shape().in_channels, unit_.shape().out_channels}; }
};

// 3x3 over images, stride 2: a product of 27-number patches.
class FusedStem : public FusedLayer {
 public:
  FusedStem(const ConvUnit& unit, std::array<int64_t, 2> input) : FusedLayer(unit, input) {}
  Strips input_strips(int64_t batch) const override { return strips_of(input_rows(batch)); }

  ChannelMoments forward(int64_t batch, const Reads& reads, float* x) const override {
    const PackedMatrix weight(memory_of(unit_.parts().weight), 27, unit_.shape().out_channels, 1, 27);
    return pointwise_forward(patches(reads), weight, strips_of(output_rows(batch)), x);
  }

  void backward(int64_t batch, const Reads& reads, const LayerOutput& output, const LayerGradient& gradient,
                const InputGradient&, Tensor& weight_gradient) const override {
    pointwise_backward(output, gradient, patches(reads), {}, nullptr, strips_of(output_rows(batch)), {},
                       weight_gradient.mutable_data_ptr<float>());
  }

 private:
  ImagePatches patches(const Reads& reads) const { return {reads.images, input_[0], input_[1]}; }
};

class FusedDepthwise : public FusedLayer {
 public:
  FusedDepthwise(const ConvUnit& unit, std::array<int64_t, 2> input) : FusedLayer(unit, input) {}
  Strips input_strips(int64_t batch) const override { return massface::input_strips(shape(batch)); }

  ChannelMoments forward(int64_t batch, const Reads& reads, float* x) const override {
    return depthwise_forward(shape(batch), reads.input.before, tap_major(unit_.parts().weight).data(), x);
  }

  void backward(int64_t batch, const Reads& reads, const LayerOutput& output, const LayerGradient& gradient,
                const InputGradient& input, Tensor& weight_gradient) const override {
    std::vector<float> taps(weight_gradient.numel());
    depthwise_backward(shape(batch), output, gradient, reads.input.before, tap_major(unit_.parts().weight).data(),
                       input, taps.data());
    store_tap_major(taps, weight_gradient);
  }

 private:
  DepthwiseShape shape(int64_t batch) const {
    return {batch, input_[0], input_[1], unit_.shape().stride, unit_.shape().out_channels};
  }
};

class FusedGlobalDepthwise : public FusedLayer {
 public:
  FusedGlobalDepthwise(const ConvUnit& unit, std::array<int64_t, 2> input) : FusedLayer(unit, input) {}
  Strips input_strips(int64_t batch) const override { return {.rows = input_rows(batch), .strip_rows = pixels()}; }

  ChannelMoments forward(int64_t batch, const Reads& reads, float* x) const override {
    return global_depthwise_forward(batch, pixels(), reads.input.before, tap_major(unit_.parts().weight).data(), x);
  }

  void backward(int64_t batch, const Reads& reads, const LayerOutput& output, const LayerGradient& gradient,
                const InputGradient& input, Tensor& weight_gradient) const override {
    std::vector<float> taps(weight_gradient.numel());
    global_depthwise_backward(batch, pixels(), output, gradient, reads.input.before,
                              tap_major(unit_.parts().weight).data(), input, taps.data());
    store_tap_major(taps, weight_gradient);
  }

 private:
  int64_t pixels() const { return input_[0] * input_[1]; }
};

bool same(const ConvShape& a, const ConvShape& b) {
  return a.in_channels == b.in_channels && a.out_channels == b.out_channels && a.kernel_height == b.kernel_height &&
         a.kernel_width == b.kernel_width && a.stride == b.stride && a.padding == b.padding && a.groups == b.groups;
}

}  // namespace

std::unique_ptr<FusedLayer> FusedLayer::of(const ConvUnit& unit, std::array<int64_t, 2> input) {
  const ConvShape& shape = unit.shape();
  const int64_t in = shape.in_channels, out = shape.out_channels;
  if (same(shape, pointwise(in, out))) return std::make_unique<FusedPointwise>(unit, input);
  if (same(shape, depthwise_3x3(out, 1)) || same(shape, depthwise_3x3(out, 2))) {
    return std::make_unique<FusedDepthwise>(unit, input);
  }
  if (same(shape, {3, out, 3, 3, 2, 1, 1})) return std::make_unique<FusedStem>(unit, input);
  if (same(shape, {out, out, input[0], input[1], 1, 0, out})) {
    return std::make_unique<FusedGlobalDepthwise>(unit, input);
  }
  return nullptr;
}

}  // namespace massface
