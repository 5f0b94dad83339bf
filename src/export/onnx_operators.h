#pragma once

#include <string>
#include <vector>

#include "export/onnx_graph.h"

namespace massface {

// The operators of ONNX that MassFace writes, computed by their definitions with ATen.

bool is_known_operator(const std::string& type);

// Returns the node's result. inputs: the values that its inputs name.
Tensor compute_operator(const OnnxNode& node, const std::vector<Tensor>& inputs);

}  // namespace massface
