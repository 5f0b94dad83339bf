#pragma once

#include <cstdint>
#include <vector>

#include "core/tensor.h"
#include "kernels/packing.h"

namespace massface {

// Squared L2 distances within one set of points, as docs/mining.md defines them: |x_i|^2 + |x_j|^2 - 2 x_i.x_j, each
// product one chain of fused multiply-adds over the dimensions, and where cancellation has left less than kNear of the
// first two, the differences are summed instead. Bit by bit the same whatever the tiles, the threads, the width of the
// vectors and the other points of the set; symmetric; never negative; exactly 0 between equal points.
class PairwiseDistances {
 public:
  // points: float32 [N, D], contiguous, on the CPU; kept alive. N below 2^31. Points that are not finite are the
  // caller's to refuse.
  explicit PairwiseDistances(const Tensor& points);

  int64_t size() const { return size_; }

  // Columns of a row in memory: size() and what fills a vector, where the distance is +infinity.
  int64_t stride() const { return stride_; }

  // rows[(i - begin) * stride() + j] = d(i, j) for begin <= i < end and all j; on the calling thread.
  void compute_rows(int64_t begin, int64_t end, float* rows) const;

  // All of them, from the upper triangle, on all threads: [N * stride()].
  void compute_matrix(float* matrix) const;

 private:
  void pack_columns();
  void compute_tiles(int64_t begin, int64_t end, int64_t first_column, float* rows) const;
  void finish_tile(const float* tile, bool any_near, int64_t row, int64_t num_rows, int64_t column, float* out) const;
  float summed_differences(int64_t i, int64_t j) const;

  Tensor points_;
  int64_t size_, dimensions_, stride_;
  std::vector<float> squares_;  // |x_i|^2; zeros behind
  AlignedFloats columns_;       // panels of tile_shape().columns points each
};

}  // namespace massface
