#include "backbone/fused_layers.h"

#include "backbone/weight_layout.h"

namespace massface {
namespace {

class FusedPointwise : public FusedLayer {
 public:
  FusedPointwise(const ConvUnit& unit, std::array<int64_t, 2> input) : FusedLayer(unit, input) {}
  bool takes_residual() const override { return true; }
  Strips input_strips(int64_t batch) const override { return strips_of(input_rows(batch)); }

  ChannelMoments forward(int64_t batch, const Reads& reads, Values x) const override {
    const auto [in, out] = channels();
    const float* weight = channels_last_memory(unit_.parts().weight);
    const ActivatedRows source(reads.input);
    const Strips strips = strips_of(output_rows(batch));
    if (multiplies_bfloat16(x.storage())) {
      return pointwise_forward(source, PackedPairs(weight, in, out, 1, in), strips, x.halves());
    }
    return pointwise_forward(source, PackedMatrix(weight, in, out, 1, in), strips, x);
  }

  void backward(int64_t batch, const Reads& reads, const LayerOutput& output, const LayerGradient& gradient,
                const InputGradient& input, Tensor& weight_gradient) const override {
    const auto [in, out] = channels();
    const float* weight = channels_last_memory(unit_.parts().weight);
    const ActivatedRows source(reads.input);
    const Strips strips = strips_of(output_rows(batch));
    float* to = weight_gradient.mutable_data_ptr<float>();
    if (multiplies_bfloat16(output.x.storage())) {
      return pointwise_backward(output, gradient, source, reads.input.before, PackedPairs(weight, out, in, in, 1),
                                strips, input, to);
    }
    const PackedMatrix packed(weight, out, in, in, 1);
    pointwise_backward(output, gradient, source, reads.input.before, &packed, strips, input, to);
  }

 private:
  bool multiplies_bfloat16(Storage storage) const {
    const auto [in, out] = channels();
    return storage == Storage::kBfloat16 && has_bfloat16_products() && in % 2 == 0 && out % 2 == 0;
  }
  std::pair<int64_t, int64_t> channels() const { return {unit_.shape().in_channels, unit_.shape().out_channels}; }
};

// 3x3 over images with stride 2: a product of patches of 27 numbers.
class FusedStem : public FusedLayer {
 public:
  FusedStem(const ConvUnit& unit, std::array<int64_t, 2> input) : FusedLayer(unit, input) {}
  Strips input_strips(int64_t batch) const override { return strips_of(input_rows(batch)); }

  ChannelMoments forward(int64_t batch, const Reads& reads, Values x) const override {
    const PackedMatrix weight(channels_last_memory(unit_.parts().weight), 27, unit_.shape().out_channels, 1, 27);
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

  ChannelMoments forward(int64_t batch, const Reads& reads, Values x) const override {
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

  ChannelMoments forward(int64_t batch, const Reads& reads, Values x) const override {
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

}  // namespace

std::unique_ptr<FusedLayer> FusedLayer::of(const ConvUnit& unit, std::array<int64_t, 2> input) {
  switch (unit.shape().kind(input)) {
    case ConvShape::Kind::kPointwise:
      return std::make_unique<FusedPointwise>(unit, input);
    case ConvShape::Kind::kDepthwise:
      return std::make_unique<FusedDepthwise>(unit, input);
    case ConvShape::Kind::kStem:
      return std::make_unique<FusedStem>(unit, input);
    case ConvShape::Kind::kGlobalDepthwise:
      return std::make_unique<FusedGlobalDepthwise>(unit, input);
    case ConvShape::Kind::kOther:
      break;
  }
  return nullptr;
}

}  // namespace massface
