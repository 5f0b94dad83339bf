#pragma once

#include <cstdint>
#include <vector>

#include "core/tensor.h"
#include "kernels/packing.h"

namespace massface {

// Squared L2 distances within one set of points, as defined in docs/mining.md: |x_i|^2 + |x_j|^2 - 2 x_i.x_j, where
// each product is one chain of fused multiply-adds over the dimensions. If cancellation leaves less than kNear of the
// first two terms, the differences are summed instead. The results are bit for bit the same whatever the tiles, the
// threads, the width of the vectors and the other points of the set; symmetric; never negative; exactly 0 between equal
// points.
class PairwiseDistances {
 public:
  // points: float32 [N, D], contiguous, on the CPU; kept alive. N is below 2^31. The caller must reject points that are
  // not finite.
  explicit PairwiseDistances(const Tensor& points);

  int64_t size() const { return size_; }

  // Columns of a row in memory: size() and the padding that fills the last vector, at a distance of +infinity.
  int64_t stride() const { return stride_; }

  // rows[(i - begin) * stride() + j] = d(i, j) for begin <= i < end and all j. Runs on the calling thread.
  void compute_rows(int64_t begin, int64_t end, float* rows) const;

  // Computes all rows, [N * stride()], from the upper triangle. Runs on all threads.
  void compute_matrix(float* matrix) const;

 private:
  void pack_columns();
  void compute_tiles(int64_t begin, int64_t end, int64_t first_column, float* rows) const;
  void finish_tile(const float* tile, bool any_near, int64_t row, int64_t num_rows, int64_t column, float* out) const;
  float summed_differences(int64_t i, int64_t j) const;

  Tensor points_;
  int64_t size_, dimensions_, stride_;
  std::vector<float> squares_;  // |x_i|^2, then zeros
  AlignedFloats columns_;       // panels of tile_shape().columns points each
};

}  // namespace massface
