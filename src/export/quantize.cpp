#include "export/quantize.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <string_view>

#include "core/error.h"

namespace massface {
namespace {

constexpr double kLeastScale = 1e-12;  // of a value that is always 0
constexpr double kMaxBias = 1 << 30;   // in int32, with room for the sum that it is added to

// The layers that read 8 bits.
const std::set<std::string_view> kLayers = {
    "Add", "BatchNormalization", "Concat", "Conv", "GlobalAveragePool", "MaxPool", "Mul", "PRelu", "Relu"};

class Quantizer {
 public:
  Quantizer(const OnnxGraph& graph, const ActivationRanges& ranges) : graph_(graph), ranges_(ranges) {
    constants_.insert(graph.initializers.begin(), graph.initializers.end());
    for (const OnnxNode& node : graph.nodes) {
      for (const std::string& input : node.inputs) {
        if (!constants_.contains(input)) readers_[input].push_back(node.type);
      }
    }
    result_ = {.input = graph.input, .output = graph.output, .metadata = graph.metadata};
  }

  OnnxGraph run() {
    quantize_value(graph_.input.name);
    for (const OnnxNode& node : graph_.nodes) {
      OnnxNode layer = node;
      if (kLayers.contains(node.type)) {
        for (std::string& input : layer.inputs) {
          if (quantized_.contains(input)) input = dequantized(input);
        }
      }
      if (node.type == "Conv") quantize_weights(node, layer);
      result_.nodes.push_back(std::move(layer));
      if (!node.is_intermediate) quantize_value(node.name);
    }
    keep_other_constants();
    return std::move(result_);
  }

 private:
  static std::string dequantized(const std::string& name) { return name + ".dequantized"; }

  double scale_of(const std::string& value) const {
    const ActivationRange& range = ranges_.at(value);
    return std::max((range.high - range.low) / 255, kLeastScale);
  }

  void add_constant(const std::string& name, const Tensor& value) {
    result_.initializers.emplace_back(name, value.contiguous());
  }

  // Whether a layer reads the value in 8 bits. Runtimes join a convolution with the ReLU behind it, so nothing is put
  // between them.
  bool is_quantized(const std::string& value) const {
    const auto readers = readers_.find(value);
    if (readers == readers_.end() || !ranges_.contains(value)) return false;
    const auto is_layer = [](const std::string& type) { return kLayers.contains(type); };
    const bool is_joined = readers->second == std::vector<std::string>{"Relu"};
    return !is_joined && std::ranges::any_of(readers->second, is_layer);
  }

  void quantize_value(const std::string& name) {
    if (!is_quantized(name)) return;
    const double scale = scale_of(name), zero_point = std::round(-ranges_.at(name).low / scale);
    const std::vector<std::string> parameters = {name + ".q_scale", name + ".q_zero_point"};
    add_constant(parameters[0], at::scalar_tensor(scale, at::kFloat));
    add_constant(parameters[1], at::scalar_tensor(std::clamp(zero_point, 0.0, 255.0), at::kByte));
    const std::string quantized = name + ".quantized";
    result_.nodes.push_back(
        {.type = "QuantizeLinear", .name = quantized, .inputs = {name, parameters[0], parameters[1]}});
    result_.nodes.push_back(
        {.type = "DequantizeLinear", .name = dequantized(name), .inputs = {quantized, parameters[0], parameters[1]}});
    quantized_.insert(name);
  }

  // layer: the convolution, whose weight and bias become those that are dequantised.
  void quantize_weights(const OnnxNode& conv, OnnxNode& layer) {
    const Tensor weight = constants_.at(conv.inputs[1]).to(at::kDouble);
    const Tensor bias = constants_.at(conv.inputs[2]).to(at::kDouble);
    const double input_scale = scale_of(conv.inputs[0]);
    // A channel of small weights and a large bias needs a larger scale than its weights, for the bias to fit.
    const Tensor scale = at::maximum(weight.flatten(1).abs().amax(1) / 127, bias.abs() / (input_scale * kMaxBias))
                             .clamp_min(kLeastScale)
                             .to(at::kFloat);
    const Tensor exact = scale.to(at::kDouble);
    const Tensor steps = (weight / exact.reshape({-1, 1, 1, 1})).round().clamp(-127, 127).to(at::kChar);
    layer.inputs[1] = add_dequantized(conv.inputs[1], steps, scale);
    const Tensor bias_scale = (exact * input_scale).to(at::kFloat);
    layer.inputs[2] =
        add_dequantized(conv.inputs[2], (bias / bias_scale.to(at::kDouble)).round().to(at::kInt), bias_scale);
  }

  std::string add_dequantized(const std::string& name, const Tensor& steps, const Tensor& scale) {
    add_constant(name + ".quantized", steps);
    add_constant(name + ".q_scale", scale);
    add_constant(name + ".q_zero_point", at::zeros_like(scale, steps.scalar_type()));
    result_.nodes.push_back({.type = "DequantizeLinear",
                             .name = dequantized(name),
                             .inputs = {name + ".quantized", name + ".q_scale", name + ".q_zero_point"},
                             .attributes = {{"axis", 0}}});
    return dequantized(name);
  }

  void keep_other_constants() {
    std::set<std::string_view> read;
    for (const OnnxNode& node : result_.nodes) read.insert(node.inputs.begin(), node.inputs.end());
    for (const auto& [name, tensor] : graph_.initializers) {
      if (read.contains(name)) result_.initializers.emplace_back(name, tensor);
    }
  }

  const OnnxGraph& graph_;
  const ActivationRanges& ranges_;
  std::map<std::string, Tensor> constants_;
  std::map<std::string, std::vector<std::string>> readers_;  // the operators that read a value
  std::set<std::string> quantized_;
  OnnxGraph result_;
};

}  // namespace

OnnxGraph quantize(const OnnxGraph& graph, const ActivationRanges& ranges) { return Quantizer(graph, ranges).run(); }

}  // namespace massface
