#pragma once

#include "export/calibration.h"
#include "export/onnx_graph.h"

namespace massface {

// Returns the graph with weights and activations in 8 bits, in the form that ONNX calls QDQ: a value passes through
// QuantizeLinear and DequantizeLinear before a layer reads it, and runtimes compute the layers between such pairs in
// integers.
//   weights      int8, symmetric, one scale for each output channel; biases int32
//   activations  uint8 with a zero point, one scale for each value, from its range
// uint8, because onnxruntime on x86 has no integer layers for int8 activations that several layers read. The embedding,
// and what makes numbers of pixels, stay float. BatchNorms that stand alone and PReLU read and write 8 bits, and are
// computed in float.
OnnxGraph quantize(const OnnxGraph& graph, const ActivationRanges& ranges);

}  // namespace massface
