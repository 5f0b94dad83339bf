#pragma once

#include "core/tensor.h"
#include "mining/strategy.h"

// The CUDA part of the loss, implemented by pool_weights_cuda.cpp if CUDA is linked and by no_cuda.cpp if not (a
// check() failure: a CPU build has no tensors on a GPU).
namespace massface::cuda_hooks {

struct PoolWeights {
  Tensor weights;  // float32 [B, B]: d(sum of the losses) / d distances, one row per anchor
  Tensor sums;     // float64 [kNumRowSums] over all rows (loss/pool_weights_kernels.h)
  Tensor counts;   // int64 [2 * DistanceHistogram::kBins]: distances to the positive, to the negative
};

// The twin of loss/row_weights.h for all rows: computes the distances as kernels/pairwise_distances.h defines them (the
// same chains of fused multiply-adds) and runs the same selectors, one warp per row. embeddings: float32 [B, D],
// contiguous, on the device; labels: int64 [B], on the same device. The host does not wait for the device: the whole
// result stays there, and the embeddings are not checked for being finite.
PoolWeights pool_weights(const Tensor& embeddings, const Tensor& labels, Strategy strategy, const SelectionRule& rule,
                         bool soft_margin);

}  // namespace massface::cuda_hooks
