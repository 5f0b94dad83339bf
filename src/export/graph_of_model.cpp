#include "export/graph_of_model.h"

#include <torch/torch.h>

#include <unordered_map>

#include "backbone/conv_unit.h"
#include "core/error.h"
#include "kernels/fold_batch_norm.h"
#include "model/embedder.h"

namespace massface {
namespace {

using Kind = NetworkOperation::Kind;

class GraphWriter {
 public:
  // model: folded.
  GraphWriter(const Model& model, const GraphOptions& options)
      : model_(model), options_(options), trace_(model.network->trace()), readers_(trace_.size()) {
    for (const auto& item : model.network->named_modules()) name_of_[item.value().get()] = item.key();
    for (size_t i = 0; i < trace_.size(); ++i) {
      for (const int64_t input : trace_[i].inputs) {
        if (input != NetworkOperation::kImages) readers_[static_cast<size_t>(input)].push_back(i);
      }
    }
  }

  OnnxGraph write() {
    const std::string pixels = options_.preprocessing ? write_preprocessing() : write_input();
    std::vector<std::string> results;
    for (size_t i = 0; i < trace_.size(); ++i) {
      std::vector<std::string> inputs;
      for (const int64_t input : trace_[i].inputs) {
        inputs.push_back(input == NetworkOperation::kImages ? pixels : results[static_cast<size_t>(input)]);
      }
      results.push_back(is_folded_into_next(i) ? inputs.front() : write_operation(i, inputs));
    }
    graph_.output = {.name = "embeddings", .shape = {OnnxValue::kBatch, model_.backbone.embedding_size}};
    std::string embeddings = results.back();
    if (options_.unit_length) {
      // Before the dimensions of one pixel are dropped, since OpenCV 4 normalises only values that have four. It has no
      // LpNormalization.
      const std::string length =
          add("ReduceL2", "length", {embeddings}, {{"axes", std::vector<int64_t>{1}}, {"keepdims", 1}});
      embeddings = add("Div", "unit", {embeddings, length});
    }
    add("Flatten", graph_.output.name, {embeddings}, {{"axis", 1}});
    return std::move(graph_);
  }

 private:
  // Return the name of what they add.
  std::string add(const std::string& type, const std::string& name, std::vector<std::string> inputs,
                  std::map<std::string, OnnxAttribute> attributes = {}) {
    graph_.nodes.push_back(
        {.type = type, .name = name, .inputs = std::move(inputs), .attributes = std::move(attributes)});
    return name;
  }
  std::string constant(const std::string& name, const Tensor& value) {
    graph_.initializers.emplace_back(name, value.detach().cpu().contiguous());
    return name;
  }
  std::string scalar(const std::string& name, double value) {
    return constant(name, torch::tensor(static_cast<float>(value)));
  }

  std::string write_input() {
    graph_.input = {.name = "pixels", .shape = {OnnxValue::kBatch, 3, model_.input.height, model_.input.width}};
    return graph_.input.name;
  }

  std::string write_preprocessing() {
    graph_.input = {
        .name = "images", .type = at::kByte, .shape = {OnnxValue::kBatch, model_.input.height, model_.input.width, 3}};
    std::string x = add("Transpose", "planes", {graph_.input.name}, {{"perm", std::vector<int64_t>{0, 3, 1, 2}}});
    if (model_.input.channel_order == "bgr") {
      x = add("Gather", "bgr", {x, constant("bgr.order", torch::tensor({2, 1, 0}, at::kLong))}, {{"axis", 1}});
    }
    x = add("Cast", "numbers", {x}, {{"to", 1}});  // to float
    x = add("Sub", "centred", {x, scalar("mean", model_.input.mean)});
    return add("Div", "pixels", {x, scalar("scale", model_.input.scale)});
  }

  // Whether a BatchNorm is computed by the convolution that alone reads it. With padding it is not: the pixels that are
  // padded with zeros would be normalised too.
  bool is_folded_into_next(size_t i) const {
    if (trace_[i].kind != Kind::kNorm || readers_[i].size() != 1) return false;
    const NetworkOperation& reader = trace_[readers_[i].front()];
    if (reader.kind != Kind::kUnit) return false;
    const ConvShape& shape = reader.unit->shape();
    return shape.padding_height == 0 && shape.padding_width == 0 && shape.groups == 1;
  }

  std::string write_operation(size_t i, const std::vector<std::string>& inputs) {
    const NetworkOperation& operation = trace_[i];
    const auto numbered = [&](const char* what) { return fmt::format("{}.{}", what, graph_.nodes.size()); };
    switch (operation.kind) {
      case Kind::kUnit:
        return write_unit(i, inputs.front());
      case Kind::kNorm:
        return write_norm(*operation.norm, inputs.front());
      case Kind::kSum:
        return add("Add", numbered("sum"), inputs);
      case Kind::kRelu:
        return add("Relu", numbered("relu"), inputs);
      case Kind::kConcatenate:
        return add("Concat", numbered("concatenated"), inputs, {{"axis", 1}});
      case Kind::kMaxPool:
        return add("MaxPool", numbered("pooled"), inputs,
                   {{"kernel_shape", std::vector<int64_t>{3, 3}}, {"strides", std::vector<int64_t>{2, 2}}});
      case Kind::kAverage:
        return add("GlobalAveragePool", numbered("averaged"), inputs);
    }
    check(false, "every kind of operation is written");
    return "";
  }

  // The factor of a unit's output in the sum that alone reads it.
  double factor_in_sum(size_t i) const {
    for (const size_t reader : readers_[i]) {
      const NetworkOperation& sum = trace_[reader];
      if (sum.kind != Kind::kSum || sum.scale == 1 || sum.inputs[1] != static_cast<int64_t>(i)) continue;
      check(readers_[i].size() == 1 && trace_[i].kind == Kind::kUnit &&
                trace_[i].unit->activation() == Activation::kLinear,
            "only linear units are scaled in a sum");
      return sum.scale;
    }
    return 1;
  }

  // The weight and the bias of a folded unit, with the BatchNorm before it and the factor behind it.
  FoldedConvolution folded(size_t i) const {
    const ConvUnit::Parts parts = trace_[i].unit->parts();
    const double factor = factor_in_sum(i);
    const FoldedConvolution own{.weight = parts.weight * factor, .bias = parts.folded_bias * factor};
    const int64_t before = trace_[i].inputs.front();
    if (before == NetworkOperation::kImages || !is_folded_into_next(static_cast<size_t>(before))) return own;
    const BatchNorm& norm = *trace_[static_cast<size_t>(before)].norm;
    const auto& [gamma, beta, mean, variance] = norm.parts();
    return fold_batch_norm_before(own, gamma, beta, mean, variance, norm.epsilon());
  }

  std::string write_unit(size_t i, const std::string& input) {
    const ConvUnit& unit = *trace_[i].unit;
    const std::string name = name_of_.at(&unit);
    const ConvShape& shape = unit.shape();
    const FoldedConvolution parts = folded(i);
    const std::string x = add(
        "Conv", name + ".conv",
        {input, constant(name + ".conv.weight", parts.weight), constant(name + ".conv.bias", parts.bias)},
        {{"group", shape.groups},
         {"kernel_shape", std::vector<int64_t>{shape.kernel_height, shape.kernel_width}},
         {"pads",
          std::vector<int64_t>{shape.padding_height, shape.padding_width, shape.padding_height, shape.padding_width}},
         {"strides", std::vector<int64_t>{shape.stride, shape.stride}}});
    switch (unit.activation()) {
      case Activation::kLinear:
        return x;
      case Activation::kRelu:
        return add("Relu", name + ".relu", {x});
      case Activation::kPRelu:
        return write_prelu(name + ".prelu", x, unit.parts().slope.reshape({-1, 1, 1}));
    }
    check(false, "every activation is written");
    return "";
  }

  std::string write_norm(const BatchNorm& norm, const std::string& input) {
    const std::string name = name_of_.at(&norm);
    const auto& [gamma, beta, mean, variance] = norm.parts();
    return add("BatchNormalization", name,
               {input, constant(name + ".weight", gamma), constant(name + ".bias", beta),
                constant(name + ".running_mean", mean), constant(name + ".running_var", variance)},
               {{"epsilon", static_cast<float>(norm.epsilon())}});
  }

  std::string write_prelu(const std::string& name, const std::string& x, const Tensor& slope) {
    if (!options_.split_prelu) return add("PRelu", name, {x, constant(name + ".weight", slope)});
    const auto add_step = [&](const char* type, const char* step, std::vector<std::string> inputs) {
      const std::string added = add(type, name + step, std::move(inputs));
      graph_.nodes.back().is_intermediate = true;
      return added;
    };
    const std::string linear = add_step("Mul", ".linear", {x, constant(name + ".weight", slope)});
    const std::string positive = add_step("Relu", ".positive", {x});
    const std::string bent = add_step("Mul", ".bent", {positive, constant(name + ".one_minus_weight", 1 - slope)});
    return add("Add", name, {linear, bent});
  }

  const Model& model_;
  GraphOptions options_;
  NetworkTrace trace_;
  std::vector<std::vector<size_t>> readers_;  // of each operation's result
  std::unordered_map<const torch::nn::Module*, std::string> name_of_;
  OnnxGraph graph_;
};

}  // namespace

OnnxGraph graph_of(const Model& model, const GraphOptions& options) {
  const at::NoGradGuard no_grad;
  return GraphWriter(folded_copy(model), options).write();
}

}  // namespace massface
