#pragma once

#include "export/onnx_graph.h"
#include "model/model.h"

namespace massface {

struct GraphOptions {
  bool preprocessing = false;  // the graph converts and normalises the pixels itself
  bool unit_length = false;    // its embeddings have length 1
  // Whether PReLU is written as slope * x + (1 - slope) * relu(x), which holds for every slope, instead of as the
  // operator PRelu. onnxruntime computes networks of the former twice as fast, OpenCV those of the latter.
  bool split_prelu = true;
};

// Returns the model's pass in evaluation mode as a graph (docs/formats/onnx.md). BatchNorm is folded into the
// convolution before it, or into the one after it if that one has no padding; one that stands alone is an operator.
//   input   "pixels" float [batch, 3, H, W], normalised and in the model's channel order; with preprocessing "images"
//           uint8 [batch, H, W, 3], RGB
//   output  "embeddings" float [batch, D]
OnnxGraph graph_of(const Model& model, const GraphOptions& options);

}  // namespace massface
