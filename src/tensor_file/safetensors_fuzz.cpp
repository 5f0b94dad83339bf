// safetensors; what can be read is written and read again.
#include <ATen/ops/zeros.h>

#include "core/testing_fuzz.h"
#include "tensor_file/safetensors.h"

namespace massface {
namespace {

void read(std::span<const uint8_t> bytes) {
  const NamedTensors tensors = decode_safetensors(bytes, "x");
  const NamedTensors again = decode_safetensors(encode_safetensors(tensors), "y");
  check(again.tensors.size() == tensors.tensors.size() && again.metadata == tensors.metadata,
        "what was written is read back");
}

std::vector<std::vector<uint8_t>> seeds() {
  NamedTensors tensors;
  tensors.metadata = {{"format", "pt"}, {"mean", "[127.5]"}};
  for (const at::ScalarType type : {at::kFloat, at::kHalf, at::kLong, at::kBool}) {
    tensors.tensors.emplace_back(c10::toString(type), at::zeros({2, 3}, type));
  }
  tensors.tensors.emplace_back("scalar", at::zeros({}, at::kByte));
  return {encode_safetensors(tensors), encode_safetensors({})};
}

}  // namespace

FuzzTarget fuzz_target() {
  return {read,
          seeds,
          {"__metadata__", "\"dtype\":", "\"shape\":", "\"data_offsets\":", "F64", "F32", "F16", "BF16", "I64", "I32",
           "U8", "BOOL", "[0,0]", "18446744073709551615", "\\u0000", "{}"}};
}

}  // namespace massface
