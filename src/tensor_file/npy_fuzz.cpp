// NumPy's array files; what can be read is written and read again.
#include <ATen/ops/zeros.h>

#include "core/testing_fuzz.h"
#include "tensor_file/npy.h"

namespace massface {
namespace {

void read(std::span<const uint8_t> bytes) {
  const Tensor tensor = decode_npy(bytes, "x");
  const Tensor again = decode_npy(encode_npy(tensor), "y");
  check(again.sizes() == tensor.sizes() && again.scalar_type() == tensor.scalar_type(), "an array is read back");
}

std::vector<std::vector<uint8_t>> seeds() {
  std::vector<std::vector<uint8_t>> files;
  for (const at::ScalarType type : {at::kFloat, at::kDouble, at::kLong, at::kByte}) {
    files.push_back(encode_npy(at::zeros({3, 2}, type)));
  }
  std::vector<uint8_t> version2 = encode_npy(at::zeros({}, at::kInt));
  version2[6] = 2;
  version2.insert(version2.begin() + 10, 2, 0);
  files.push_back(version2);
  return files;
}

}  // namespace

FuzzTarget fuzz_target() {
  return {read,
          seeds,
          {"\x93NUMPY", "'descr': ", "'fortran_order': ", "'shape': ", "True", "False", "'<f4'", "'<f8'", "'<i4'",
           "'<i8'", "'|u1'", "'>f4'", "(0, 4611686018427387904, 4611686018427387904)", "()", "(3,)"}};
}

}  // namespace massface
