#include "kernels/pairwise_distances.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <array>
#include <limits>
#include <numeric>

#include "core/error.h"
#include "kernels/distance_rule.h"
#include "kernels/row_search.h"
#include "kernels/share_rows.h"
#include "kernels/tile_kernel.h"

namespace massface {
namespace {

// Makes a panel for the tile kernels: for each dimension, the values of `width` consecutive points. Points from
// num_points on are zeros.
void pack_points(const float* points, int64_t dimensions, int64_t num_points, int64_t width, float* panel) {
  for (int64_t i = 0; i < width; ++i) {
    const float* point = points + i * dimensions;
    for (int64_t k = 0; k < dimensions; ++k) panel[k * width + i] = i < num_points ? point[k] : 0.0f;
  }
}

}  // namespace

PairwiseDistances::PairwiseDistances(const Tensor& points)
    : points_(points),
      size_(points.size(0)),
      dimensions_(points.size(1)),
      stride_(round_up(size_, kRowAlignment)),
      squares_(static_cast<size_t>(round_up(size_, kMaxTileColumns) + kMaxTileRows), 0.0f),
      columns_(round_up(size_, tile_shape().columns) * std::max<int64_t>(dimensions_, 1)) {
  check(points.is_cpu() && points.scalar_type() == at::kFloat && points.dim() == 2 && points.is_contiguous(),
        "points are float32 [N, D], contiguous, on the CPU");
  check(size_ < std::numeric_limits<int32_t>::max(), "positions fit into 32 bits");
  pack_columns();
}

// Also computes the squared lengths, by the same chains as every other product, so that equal points cancel exactly.
void PairwiseDistances::pack_columns() {
  const TileShape tile = tile_shape();
  const float* points = points_.const_data_ptr<float>();
  at::parallel_for(0, round_up(size_, tile.columns) / tile.columns, 1, [&](int64_t begin, int64_t end) {
    AlignedFloats rows(tile.rows * std::max<int64_t>(dimensions_, 1));
    std::array<float, kMaxTileRows * kMaxTileColumns> product;
    for (int64_t panel = begin; panel < end; ++panel) {
      const int64_t first = panel * tile.columns;
      const int64_t count = std::min(tile.columns, size_ - first);
      float* packed = columns_.data() + first * dimensions_;
      pack_points(points + first * dimensions_, dimensions_, count, tile.columns, packed);
      for (int64_t row = 0; row < count; row += tile.rows) {
        const int64_t num_rows = std::min(tile.rows, count - row);
        pack_points(points + (first + row) * dimensions_, dimensions_, num_rows, tile.rows, rows.data());
        multiply_tile(rows.data(), packed, dimensions_, product.data(), tile.columns, /*resume=*/false);
        for (int64_t i = 0; i < num_rows; ++i) squares_[first + row + i] = product[i * tile.columns + row + i];
      }
    }
  });
}

float PairwiseDistances::summed_differences(int64_t i, int64_t j) const {
  const float* points = points_.const_data_ptr<float>();
  return squared_difference(points + i * dimensions_, points + j * dimensions_, dimensions_);
}

void PairwiseDistances::finish_tile(const float* tile, bool any_near, int64_t row, int64_t num_rows, int64_t column,
                                    float* out) const {
  const int64_t columns = tile_shape().columns;
  const int64_t num_columns = std::min(columns, size_ - column);
  for (int64_t i = 0; i < num_rows; ++i) {
    float* to = out + i * stride_ + column;
    std::copy_n(tile + i * columns, num_columns, to);
    if (!any_near) continue;
    for (int64_t j = 0; j < num_columns; ++j) {
      if (to[j] < kNear * (squares_[row + i] + squares_[column + j])) to[j] = summed_differences(row + i, column + j);
    }
  }
}

void PairwiseDistances::compute_tiles(int64_t begin, int64_t end, int64_t first_column, float* rows) const {
  const TileShape tile = tile_shape();
  const float* points = points_.const_data_ptr<float>();
  AlignedFloats packed(round_up(end - begin, tile.rows) * std::max<int64_t>(dimensions_, 1));
  for (int64_t row = begin; row < end; row += tile.rows) {
    pack_points(points + row * dimensions_, dimensions_, std::min(tile.rows, end - row), tile.rows,
                packed.data() + (row - begin) * dimensions_);
  }
  // A column panel stays in the cache while the rows are multiplied with it.
  std::array<float, kMaxTileRows * kMaxTileColumns> distances;
  for (int64_t column = first_column; column < size_; column += tile.columns) {
    const float* panel = columns_.data() + column * dimensions_;
    for (int64_t row = begin; row < end; row += tile.rows) {
      const bool any_near = distance_tile(packed.data() + (row - begin) * dimensions_, panel, dimensions_,
                                          &squares_[row], &squares_[column], kNear, distances.data());
      finish_tile(distances.data(), any_near, row, std::min(tile.rows, end - row), column,
                  rows + (row - begin) * stride_);
    }
  }
  for (int64_t row = 0; row < end - begin; ++row) {
    std::fill(rows + row * stride_ + size_, rows + (row + 1) * stride_, std::numeric_limits<float>::infinity());
  }
}

void PairwiseDistances::compute_rows(int64_t begin, int64_t end, float* rows) const {
  compute_tiles(begin, end, 0, rows);
}

void PairwiseDistances::compute_matrix(float* matrix) const {
  // Blocks of whole tiles in both directions, so that no two threads write one element.
  const int64_t block = std::lcm(tile_shape().rows, tile_shape().columns);
  share_rows(size_, block, [&](int64_t begin, int64_t end) {
    compute_tiles(begin, end, begin, matrix + begin * stride_);
    for (int64_t j = end; j < size_; ++j) {
      for (int64_t i = begin; i < end; ++i) matrix[j * stride_ + i] = matrix[i * stride_ + j];
    }
  });
}

}  // namespace massface
