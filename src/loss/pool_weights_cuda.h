#pragma once

#include "core/tensor.h"
#include "mining/strategy.h"

// What the loss asks of CUDA. pool_weights_cuda.cpp answers where CUDA is linked, no_cuda.cpp where it is not (a
// check() failure: a CPU build has no tensors on a GPU).
namespace massface::cuda_hooks {

struct PoolWeights {
  Tensor weights;  // float32 [B, B]: d(sum of the losses) / d distances, each row its anchor's
  Tensor sums;     // float64 [kNumRowSums] over all rows (loss/pool_weights_kernels.h)
  Tensor counts;   // int64 [2 * DistanceHistogram::kBins]: distances to the positive, to the negative
};

// The twin of loss/row_weights.h over all rows: distances as kernels/pairwise_distances.h defines them (the same chains
// of fused multiply-adds), one warp a row with the same selectors. embeddings: float32 [B, D], contiguous, on the
// device; labels: int64 [B] beside them. The host does not wait for the device: all of the result is there, and nobody
// looks whether the embeddings are finite.
PoolWeights pool_weights(const Tensor& embeddings, const Tensor& labels, Strategy strategy, const SelectionRule& rule,
                         bool soft_margin);

}  // namespace massface::cuda_hooks
