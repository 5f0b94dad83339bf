#pragma once

#include <string>
#include <string_view>

#include "export/onnx_graph.h"

namespace massface {

// The version of the standard operators, the first in which weights may be quantised by channel, and that of the file
// format that belongs to it. Every runtime of the last years reads both.
inline constexpr int64_t kOnnxOperators = 13;
inline constexpr int64_t kOnnxFormat = 7;

// Returns the bytes of the ONNX file, which depend on the graph alone. Throws Error for more than the 2 GB that the
// format can hold.
std::string encode_onnx(const OnnxGraph& graph);

// Returns the graph of a file that encode_onnx() made. Throws Error for bytes that it cannot have made; other ONNX
// files may have operators, types and forms that are unknown here.
OnnxGraph decode_onnx(std::string_view bytes);

}  // namespace massface
