#include "kernels/bfloat16_product.h"

#include "core/error.h"
#include "kernels/bfloat16_kernels.h"

namespace massface {

PackedPairs::PackedPairs(const float* matrix, int64_t depth, int64_t columns, int64_t depth_stride,
                         int64_t column_stride)
    : depth_(depth), columns_(columns), panels_(round_up(columns, kPanelColumns) * depth / 2) {
  check(depth % 2 == 0, "the depth of packed pairs is even");
  const auto at = [&](int64_t k, int64_t j) -> uint32_t {
    return j < columns ? to_bfloat16(matrix[k * depth_stride + j * column_stride]).bits : 0;
  };
  Bfloat16Pair* pair = panels_.data();
  for (int64_t column = 0; column < columns; column += kPanelColumns) {
    for (int64_t k = 0; k < depth; k += 2) {
      for (int64_t j = column; j < column + kPanelColumns; ++j) *pair++ = at(k, j) | at(k + 1, j) << 16;
    }
  }
}

namespace {

const Bfloat16Kernels& kernels_in_use() {
  const Bfloat16Kernels* kernels = bfloat16_kernels();
  check(kernels != nullptr, "bfloat16 is only multiplied if has_bfloat16_products()");
  return *kernels;
}

}  // namespace

bool has_bfloat16_products() { return bfloat16_kernels() != nullptr; }

void multiply_block(const Bfloat16* a, const PackedPairs& b, int64_t rows, Bfloat16* out, const ProductEnds& ends,
                    ReadAhead& ahead) {
  kernels_in_use().multiply_block(a, b, rows, out, ends, ahead);
}

void add_transposed_product(const Bfloat16Pair* a, const Bfloat16Pair* b, int64_t pairs, int64_t columns_a,
                            int64_t columns_b, float* out, ReadAhead& ahead) {
  kernels_in_use().add_transposed_product(a, b, pairs, columns_a, columns_b, out, ahead);
}

}  // namespace massface
