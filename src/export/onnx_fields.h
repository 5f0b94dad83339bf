#pragma once

#include <cstdint>

// Field numbers and enumerators of onnx.proto3 (github.com/onnx/onnx).
namespace massface::onnx {

namespace model {
enum : uint32_t { ir_version = 1, producer_name = 2, producer_version = 3, graph = 7, opset_import = 8, metadata = 14 };
}
namespace opset {
enum : uint32_t { domain = 1, version = 2 };
}
namespace entry {  // StringStringEntryProto
enum : uint32_t { key = 1, value = 2 };
}
namespace graph {
enum : uint32_t { node = 1, name = 2, initializer = 5, input = 11, output = 12 };
}
namespace node {
enum : uint32_t { input = 1, output = 2, name = 3, op_type = 4, attribute = 5 };
}
namespace attribute {
enum : uint32_t { name = 1, f = 2, i = 3, ints = 8, type = 20 };
enum : int32_t { kFloat = 1, kInt = 2, kInts = 7 };
}  // namespace attribute
namespace tensor {
enum : uint32_t { dims = 1, data_type = 2, name = 8, raw_data = 9 };
enum : int32_t { kFloat = 1, kUint8 = 2, kInt8 = 3, kInt32 = 6, kInt64 = 7 };
}  // namespace tensor
namespace value {  // ValueInfoProto
enum : uint32_t { name = 1, type = 2 };
}
namespace type {
enum : uint32_t { tensor = 1 };
}
namespace tensor_type {
enum : uint32_t { element = 1, shape = 2 };
}
namespace shape {
enum : uint32_t { dimension = 1 };
}
namespace dimension {
enum : uint32_t { value = 1, parameter = 2 };
}

}  // namespace massface::onnx
