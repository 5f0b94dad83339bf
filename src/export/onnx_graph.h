#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/tensor.h"

namespace massface {

// The part of ONNX (onnx.ai, onnx.proto3) that MassFace writes: a list of operators with one result each, in an order
// in which they can be computed, between one input and one output.

// int64_t, float and std::vector<int64_t> are ONNX's INT, FLOAT and INTS.
using OnnxAttribute = std::variant<int64_t, float, std::vector<int64_t>>;

struct OnnxNode {
  std::string type;  // the operator: "Conv"
  std::string name;  // also the name of its result
  std::vector<std::string> inputs;
  std::map<std::string, OnnxAttribute> attributes = {};
  // Its result is a step within one layer, and stays float in a graph of 8 bits. Not part of the file.
  bool is_intermediate = false;
};

// An input or output of the graph.
struct OnnxValue {
  static constexpr int64_t kBatch = -1;  // a size that is free: any number of images

  std::string name;
  at::ScalarType type = at::kFloat;
  std::vector<int64_t> shape;
};

struct OnnxGraph {
  OnnxValue input;
  OnnxValue output;
  std::vector<OnnxNode> nodes;
  std::vector<std::pair<std::string, Tensor>> initializers;  // float, uint8, int8, int32 or int64
  std::map<std::string, std::string> metadata;
};

}  // namespace massface
