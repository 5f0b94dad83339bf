#include "kernels/matrix_product.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <array>

#include "kernels/packing.h"
#include "kernels/tile_kernel.h"

namespace massface {
namespace {

// A block of b of this depth and width stays in the second-level cache while rows of a are multiplied with it.
constexpr int64_t kDepth = 256;
constexpr int64_t kBlockColumns = 512;

// panel[k * width + j] = b(k, j); columns from num_columns on are zeros.
void pack_columns(MatrixView b, int64_t depth, int64_t num_columns, int64_t width, float* panel) {
  for (int64_t k = 0; k < depth; ++k) {
    std::copy_n(b.values + k * b.stride, num_columns, panel + k * width);
    std::fill(panel + k * width + num_columns, panel + (k + 1) * width, 0.0f);
  }
}

// panel[k * width + i] = a(i, k); rows from num_rows on are zeros.
void pack_rows(MatrixView a, int64_t num_rows, int64_t depth, int64_t width, float* panel) {
  for (int64_t i = 0; i < width; ++i) {
    const float* row = a.values + i * a.stride;
    for (int64_t k = 0; k < depth; ++k) panel[k * width + i] = i < num_rows ? row[k] : 0.0f;
  }
}

// Computes a tile at the edge of the product, through a buffer.
void multiply_edge(const float* a, const float* b, int64_t depth, int64_t num_rows, int64_t num_columns, float* out,
                   int64_t stride, bool resume) {
  const TileShape tile = tile_shape();
  std::array<float, kMaxTileRows * kMaxTileColumns> buffer{};
  for (int64_t i = 0; resume && i < num_rows; ++i) {
    std::copy_n(out + i * stride, num_columns, buffer.data() + i * tile.columns);
  }
  multiply_tile(a, b, depth, buffer.data(), tile.columns, resume);
  for (int64_t i = 0; i < num_rows; ++i) std::copy_n(buffer.data() + i * tile.columns, num_columns, out + i * stride);
}

struct Block {
  int64_t first_depth, depth, first_column, num_columns;
};

// Advances rows [begin, end) of the product, in the columns of this block, by the depth of the block.
void multiply_block(MatrixView a, const float* packed_b, const Block& block, int64_t begin, int64_t end, float* product,
                    int64_t stride) {
  const TileShape tile = tile_shape();
  AlignedFloats packed_a(tile.rows * block.depth);
  const bool resume = block.first_depth > 0;
  for (int64_t row = begin; row < end; row += tile.rows) {
    const int64_t num_rows = std::min(tile.rows, end - row);
    pack_rows({a.values + row * a.stride + block.first_depth, a.stride}, num_rows, block.depth, tile.rows,
              packed_a.data());
    for (int64_t column = 0; column < block.num_columns; column += tile.columns) {
      const int64_t num_columns = std::min(tile.columns, block.num_columns - column);
      const float* panel = packed_b + column * block.depth;
      float* out = product + row * stride + block.first_column + column;
      if (num_rows == tile.rows && num_columns == tile.columns) {
        multiply_tile(packed_a.data(), panel, block.depth, out, stride, resume);
      } else {
        multiply_edge(packed_a.data(), panel, block.depth, num_rows, num_columns, out, stride, resume);
      }
    }
  }
}

}  // namespace

void multiply_matrices(MatrixView a, MatrixView b, int64_t rows, int64_t depth, int64_t columns, float* product,
                       int64_t product_stride) {
  const TileShape tile = tile_shape();
  AlignedFloats packed(round_up(std::min(columns, kBlockColumns), tile.columns) *
                       std::max<int64_t>(1, std::min(depth, kDepth)));
  const int64_t num_row_tiles = round_up(rows, tile.rows) / tile.rows;
  for (int64_t column = 0; column < columns; column += kBlockColumns) {
    for (int64_t k = 0; k < std::max<int64_t>(depth, 1); k += kDepth) {
      const Block block{k, std::min(kDepth, depth - k), column, std::min(kBlockColumns, columns - column)};
      for (int64_t j = 0; j < block.num_columns; j += tile.columns) {
        pack_columns({b.values + k * b.stride + column + j, b.stride}, block.depth,
                     std::min(tile.columns, block.num_columns - j), tile.columns, packed.data() + j * block.depth);
      }
      at::parallel_for(0, num_row_tiles, 4, [&](int64_t begin, int64_t end) {
        multiply_block(a, packed.data(), block, begin * tile.rows, std::min(end * tile.rows, rows), product,
                       product_stride);
      });
    }
  }
}

}  // namespace massface
