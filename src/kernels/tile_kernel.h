#pragma once

#include <cstdint>

// The innermost tile of a matrix product, with the vector instructions of this processor. kernels/matrix_product.h and
// kernels/pairwise_distances.h are built on it.
//
// Every number is one chain of fused multiply-adds in ascending k, starting at 0: the same bits whatever the tile, the
// width of the vectors, or how the depth is divided into calls.
namespace massface {

struct TileShape {
  int64_t rows;
  int64_t columns;
};

// Returns the size of a tile, at most kMaxTileRows x kMaxTileColumns.
TileShape tile_shape();

constexpr int64_t kMaxTileRows = 16;
constexpr int64_t kMaxTileColumns = 32;

// out[i * stride + j] = sum_k a[k * rows + i] * b[k * columns + j] for the tile's rows and columns, 0 <= k < depth.
// `resume` continues the chains in `out` instead. b is aligned to 64 bytes; a and out need no alignment.
void multiply_tile(const float* a, const float* b, int64_t depth, float* out, int64_t stride, bool resume);

// The same product, converted to squared distances: out[i * columns + j] =
// max(0, row_squares[i] + column_squares[j] - 2 sum_k ...). Returns whether any of them is below `near` *
// (row_squares[i] + column_squares[j]), where cancellation has destroyed its digits.
bool distance_tile(const float* a, const float* b, int64_t depth, const float* row_squares, const float* column_squares,
                   float near, float* out);

// Returns |x - y|^2 over n dimensions, summed in sixteen chains: dimension k is added to chain k % 16, and the chains
// are added in order in double. Few digits are lost however close the points are.
float squared_difference(const float* x, const float* y, int64_t n);

// y[0 .. n) += factor * x[0 .. n), with fused multiply-adds.
void add_scaled(const float* x, float factor, float* y, int64_t n);

}  // namespace massface
