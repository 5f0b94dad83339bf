#include "export/onnx_interpreter.h"

#include <ATen/ATen.h>

#include <set>

#include "core/error.h"
#include "export/onnx_operators.h"

namespace massface {

OnnxInterpreter::OnnxInterpreter(OnnxGraph graph) : graph_(std::move(graph)), last_read_by_(graph_.nodes.size()) {
  constants_.insert(graph_.initializers.begin(), graph_.initializers.end());
  std::set<std::string> known{graph_.input.name};
  for (const auto& [name, tensor] : graph_.initializers) known.insert(name);
  for (const OnnxNode& node : graph_.nodes) {
    require(is_known_operator(node.type), "the graph has the operator {}, which MassFace does not write", node.type);
    for (const std::string& input : node.inputs) {
      require(known.contains(input), "the node {} reads {}, which no node before it computes", node.name, input);
    }
    known.insert(node.name);
  }
  require(known.contains(graph_.output.name), "no node computes the output {}", graph_.output.name);
  std::set<std::string> read_later{graph_.output.name};
  for (size_t i = graph_.nodes.size(); i-- > 0;) {
    for (const std::string& input : graph_.nodes[i].inputs) {
      if (!constants_.contains(input) && read_later.insert(input).second) last_read_by_[i].push_back(input);
    }
  }
}

Tensor OnnxInterpreter::run(const Tensor& input, const Observer& observe) const {
  const at::NoGradGuard no_grad;
  std::map<std::string, Tensor> values{{graph_.input.name, input}};
  if (observe) observe(graph_.input.name, input);
  for (size_t i = 0; i < graph_.nodes.size(); ++i) {
    const OnnxNode& node = graph_.nodes[i];
    std::vector<Tensor> inputs;
    for (const std::string& name : node.inputs) {
      const auto constant = constants_.find(name);
      inputs.push_back(constant != constants_.end() ? constant->second : values.at(name));
    }
    const Tensor& value = values[node.name] = compute_operator(node, inputs);
    if (observe) observe(node.name, value);
    for (const std::string& name : last_read_by_[i]) values.erase(name);
  }
  return values.at(graph_.output.name);
}

}  // namespace massface
