#include "backbone/layer_work.h"

namespace massface {
namespace {

constexpr double kFloatBytes = sizeof(float);

std::string kind_of(const ConvShape& shape, std::array<int64_t, 2> input, std::array<int64_t, 2> output) {
  constexpr std::array<int64_t, 2> kPixel = {1, 1};
  if (shape.in_channels == 3) return "stem";
  if (input == kPixel || shape == fully_connected(shape.in_channels, shape.out_channels, input)) return "embedding";
  if (shape.kind(input) == ConvShape::Kind::kPointwise) return "pointwise";
  if (shape.groups == 1) return "convolution";
  return output == kPixel ? "global_depthwise" : "depthwise";
}

// How residuals affect a layer.
struct Residuals {
  bool adds;     // a residual is added to its input
  bool keeps;    // its input is kept for a residual
  bool waiting;  // a residual's gradient is already there when that of its input is written
};

Residuals residuals_of(const std::vector<NetworkLayer>& layers, int64_t layer) {
  Residuals residuals{};
  residuals.adds = layer > 0 && layers[layer - 1].residual_from >= 0;
  for (const NetworkLayer& other : layers) residuals.waiting |= other.residual_from == layer;
  residuals.keeps = residuals.adds || residuals.waiting;
  return residuals;
}

double floats(int64_t batch, std::array<int64_t, 2> size, int64_t channels) {
  return static_cast<double>(batch * size[0] * size[1] * channels);
}

}  // namespace

std::vector<LayerWork> work_of_layers(const std::vector<NetworkLayer>& layers, std::array<int64_t, 2> image_size,
                                      int64_t batch) {
  std::vector<LayerWork> result;
  std::array<int64_t, 2> size = image_size;
  for (int64_t layer = 0; layer < std::ssize(layers); ++layer) {
    const ConvUnit& unit = *layers[layer].unit;
    const std::array<int64_t, 2> output_size = unit.output_size(size);
    const bool first = layer == 0;
    const Residuals residuals = residuals_of(layers, layer);
    const double flops = 2.0 * static_cast<double>(batch * unit.multiply_adds(output_size));
    const double weights = static_cast<double>(unit.parts().weight.numel());
    const double in = floats(batch, size, unit.shape().in_channels);
    const double out = floats(batch, output_size, unit.shape().out_channels);

    LayerWork work{.kind = kind_of(unit.shape(), size, output_size), .input_size = size};
    work.forward = {flops, kFloatBytes * (in * (1 + residuals.adds + residuals.keeps) + out + weights)};
    const double input_gradient = first ? 0 : in * (1 + residuals.waiting);
    work.backward = {first ? flops : 2 * flops,
                     kFloatBytes * (2 * out + in * (1 + residuals.keeps) + input_gradient + (first ? 1 : 2) * weights)};
    result.push_back(work);
    size = output_size;
  }
  return result;
}

}  // namespace massface
