#include "export/onnx_types.h"

#include <algorithm>
#include <array>

#include "core/error.h"
#include "export/onnx_fields.h"

namespace massface {
namespace {

struct ElementType {
  at::ScalarType type;
  int32_t onnx;
};

constexpr std::array<ElementType, 5> kElementTypes = {{{at::kFloat, onnx::tensor::kFloat},
                                                       {at::kByte, onnx::tensor::kUint8},
                                                       {at::kChar, onnx::tensor::kInt8},
                                                       {at::kInt, onnx::tensor::kInt32},
                                                       {at::kLong, onnx::tensor::kInt64}}};

}  // namespace

int32_t onnx_type(at::ScalarType type) {
  const auto found = std::ranges::find(kElementTypes, type, &ElementType::type);
  check(found != kElementTypes.end(), "a type of an ONNX graph's tensors");
  return found->onnx;
}

at::ScalarType scalar_type(int32_t onnx_type) {
  const auto found = std::ranges::find(kElementTypes, onnx_type, &ElementType::onnx);
  require(found != kElementTypes.end(), "a tensor has ONNX's element type {}, which MassFace does not write",
          onnx_type);
  return found->type;
}

}  // namespace massface
