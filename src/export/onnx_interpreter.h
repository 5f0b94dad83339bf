#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "export/onnx_graph.h"

namespace massface {

// Computes a graph by the definitions of ONNX's operators (onnx.ai/onnx/operators), one after the other. It knows the
// operators that MassFace writes and no code of our networks: what it computes is what any runtime has to compute. Not
// made for speed.
class OnnxInterpreter {
 public:
  // Throws Error for an operator that it does not know, and for a node that reads what no earlier one computes.
  explicit OnnxInterpreter(OnnxGraph graph);

  // Called with the name of each value that is computed, the graph's input first.
  using Observer = std::function<void(const std::string& name, const Tensor& value)>;

  // input: of the graph's type and shape, with any batch size. Returns its output.
  Tensor run(const Tensor& input, const Observer& observe = {}) const;

  const OnnxGraph& graph() const { return graph_; }

 private:
  OnnxGraph graph_;
  std::map<std::string, Tensor> constants_;
  std::vector<std::vector<std::string>> last_read_by_;  // for each node, the values that nothing reads after it
};

}  // namespace massface
