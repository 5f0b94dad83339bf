#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace massface {

// ONNX's number for an element type, TensorProto.DataType, and back. onnx_type() aborts for a type that graphs do not
// have here, scalar_type() throws Error.
int32_t onnx_type(at::ScalarType type);
at::ScalarType scalar_type(int32_t onnx_type);

}  // namespace massface
