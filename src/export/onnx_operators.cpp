#include "export/onnx_operators.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <map>

#include "core/error.h"

namespace massface {
namespace {

// A node with the values of its inputs.
struct Call {
  const OnnxNode& node;
  const std::vector<Tensor>& inputs;

  const Tensor& operator[](size_t input) const { return inputs.at(input); }
  template <typename Type>
  const Type& attribute(const std::string& name) const {
    return std::get<Type>(node.attributes.at(name));
  }
  const std::vector<int64_t>& sizes(const std::string& name) const { return attribute<std::vector<int64_t>>(name); }
};

Tensor conv(const Call& call) {
  const std::vector<int64_t>& pads = call.sizes("pads");  // top, left, bottom, right
  check(pads[0] == pads[2] && pads[1] == pads[3], "our convolutions pad both sides alike");
  return at::conv2d(call[0], call[1], call[2], call.sizes("strides"), {pads[0], pads[1]}, 1,
                    call.attribute<int64_t>("group"));
}

Tensor quantize_linear(const Call& call) {
  const Tensor& x = call[0];
  const double scale = call[1].item<double>(), zero_point = call[2].item<double>();
  // In float, and halves to the even number.
  return x.div(scale).round_().add_(zero_point).clamp_(0, 255).to(at::kByte);
}

// With one scale, or with one for each index of `axis`.
Tensor dequantize_linear(const Call& call) {
  const Tensor& x = call[0];
  std::vector<int64_t> shape(static_cast<size_t>(x.dim()), 1);
  if (call[1].dim() == 1) shape.at(static_cast<size_t>(call.attribute<int64_t>("axis"))) = call[1].size(0);
  const auto along_axis = [&](const Tensor& parameter) { return parameter.to(at::kFloat).reshape(shape); };
  return (x.to(at::kFloat) - along_axis(call[2])) * along_axis(call[1]);
}

using Operator = Tensor (*)(const Call& call);

const std::map<std::string, Operator> kOperators = {
    {"Add", [](const Call& call) { return call[0] + call[1]; }},
    {"BatchNormalization",
     [](const Call& call) {
       return at::batch_norm(call[0], call[1], call[2], call[3], call[4], /*training=*/false, /*momentum=*/0,
                             call.attribute<float>("epsilon"), /*cudnn_enabled=*/false);
     }},
    {"Cast", [](const Call& call) { return call[0].to(at::kFloat); }},
    {"Concat", [](const Call& call) { return at::cat(call.inputs, call.attribute<int64_t>("axis")); }},
    {"Conv", conv},
    {"DequantizeLinear", dequantize_linear},
    {"Div", [](const Call& call) { return call[0] / call[1]; }},
    {"Flatten", [](const Call& call) { return call[0].flatten(call.attribute<int64_t>("axis")); }},
    {"Gather", [](const Call& call) { return call[0].index_select(call.attribute<int64_t>("axis"), call[1]); }},
    {"GlobalAveragePool",
     [](const Call& call) {
       return call[0].mean({2, 3}, /*keepdim=*/true);
     }},
    {"MaxPool",
     [](const Call& call) { return at::max_pool2d(call[0], call.sizes("kernel_shape"), call.sizes("strides")); }},
    {"Mul", [](const Call& call) { return call[0] * call[1]; }},
    {"PRelu", [](const Call& call) { return at::where(call[0] < 0, call[0] * call[1], call[0]); }},
    {"QuantizeLinear", quantize_linear},
    {"ReduceL2",
     [](const Call& call) { return at::linalg_vector_norm(call[0], 2, call.sizes("axes"), /*keepdim=*/true); }},
    {"Relu", [](const Call& call) { return call[0].relu(); }},
    {"Sub", [](const Call& call) { return call[0] - call[1]; }},
    {"Transpose", [](const Call& call) { return call[0].permute(call.sizes("perm")).contiguous(); }},
};

}  // namespace

bool is_known_operator(const std::string& type) { return kOperators.contains(type); }

Tensor compute_operator(const OnnxNode& node, const std::vector<Tensor>& inputs) {
  return kOperators.at(node.type)({node, inputs});
}

}  // namespace massface
