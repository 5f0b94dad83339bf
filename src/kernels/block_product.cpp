#include "kernels/block_product.h"

#include <algorithm>

#include "kernels/tile_kernel.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/block_product.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/block_tile-inl.h"

// Compiled once for every target.
HWY_BEFORE_NAMESPACE();
namespace massface::HWY_NAMESPACE {

void multiply_rows(const float* a, const float* panel, int64_t depth, int64_t rows, int64_t columns, float* out,
                   int64_t out_stride, const ProductEnds& ends, ReadAhead* ahead) {
  multiply_panel<ByRows>(a, depth, depth, rows, columns,
                         {.b = panel,
                          .b_stride = 2 * kLanes,
                          .depth = depth,
                          .out = out,
                          .out_stride = out_stride,
                          .columns = 0,
                          .ends = ends,
                          .ahead = ahead});
}

void add_transposed_product(const float* a, const float* b, int64_t rows, int64_t columns_a, int64_t columns_b,
                            float* out, ReadAhead* ahead) {
  for (int64_t column = 0; column < columns_b; column += 2 * kLanes) {
    multiply_panel<ByDepth>(a, 1, columns_a, columns_a, std::min(2 * kLanes, columns_b - column),
                            {.b = b + column,
                             .b_stride = columns_b,
                             .depth = rows,
                             .out = out + column,
                             .out_stride = columns_b,
                             .columns = 0,
                             .ends = {.add = true},
                             .ahead = ahead});
  }
}

}  // namespace massface::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace massface {

HWY_EXPORT(multiply_rows);
HWY_EXPORT(add_transposed_product);

PackedMatrix::PackedMatrix(const float* matrix, int64_t depth, int64_t columns, int64_t depth_stride,
                           int64_t column_stride)
    : depth_(depth), columns_(columns), panels_(round_up(columns, tile_shape().columns) * depth) {
  const int64_t width = tile_shape().columns;
  for (int64_t column = 0; column < columns; column += width) {
    float* panel = panels_.data() + column * depth;
    for (int64_t k = 0; k < depth; ++k) {
      for (int64_t j = 0; j < width; ++j) {
        const bool inside = column + j < columns;
        panel[k * width + j] = inside ? matrix[k * depth_stride + (column + j) * column_stride] : 0.0f;
      }
    }
  }
}

void multiply_panel(const float* a, const PackedMatrix& b, int64_t column, int64_t rows, float* out, int64_t out_stride,
                    const ProductEnds& ends, ReadAhead& ahead) {
  HWY_DYNAMIC_DISPATCH(multiply_rows)
  (a, b.panel(column), b.depth(), rows, std::min(tile_shape().columns, b.columns() - column), out, out_stride, ends,
   &ahead);
}

void multiply_block(const float* a, const PackedMatrix& b, int64_t rows, float* out, const ProductEnds& ends,
                    ReadAhead& ahead) {
  for (int64_t column = 0; column < b.columns(); column += tile_shape().columns) {
    multiply_panel(a, b, column, rows, out + column, b.columns(), ends.at_column(column), ahead);
  }
}

void add_transposed_product(const float* a, const float* b, int64_t rows, int64_t columns_a, int64_t columns_b,
                            float* out, ReadAhead& ahead) {
  HWY_DYNAMIC_DISPATCH(add_transposed_product)(a, b, rows, columns_a, columns_b, out, &ahead);
}

}  // namespace massface
#endif
