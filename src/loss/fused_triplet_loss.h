#pragma once

#include "core/tensor.h"
#include "loss/pool_statistics.h"
#include "loss/triplet_loss_options.h"
#include "mining/strategy.h"

namespace massface {

struct PoolLossOutput {
  // Scalar, differentiable; 0 with a gradient of 0 if no triplet is active. Of several processes, each has its share:
  // the losses, and their gradients, add up to those of the pool.
  Tensor loss;
  PoolStatistics statistics;
};

// Selection and loss over a pool as one operation with its own backward pass (docs/mining.md, "How it is computed"):
// the mean of max(0, d(a, p) + margin - d(a, n)) ("FaceNet", arXiv:1503.03832, equation 3), or with a soft margin of
// log(1 + exp(d(a, p) - d(a, n))) (arXiv:1703.07737, section 2), over the triplets that the strategy selects. No list
// of triplets is made; memory is one [B, B] matrix.
//
// embeddings: float32 [B, D], rows of unit length (other lengths are correct, too), on the CPU or a GPU. labels:
// int64 [B], on the same device. rule.margin is options.margin. On the CPU, the result has the same bits on any number
// of threads, and Failure is thrown if an embedding is not finite. On a GPU, the host does not wait: if an embedding is
// not finite, the loss and its gradient are NaN.
//
// Several processes, which all have the same embeddings and labels, share the pool by anchors: each computes the
// distances of its anchors (share_of(B), distributed/shares.h) to the whole pool, [b, B], and their loss divided by the
// number of all triplets. (On GPUs the first process computes the whole.)
//
// anchors: so many of the first embeddings are anchors, and all of them only positives and negatives; -1: all. Fewer
// than all are not implemented on a GPU.
PoolLossOutput fused_triplet_loss(const Tensor& embeddings, const Tensor& labels, Strategy strategy,
                                  const SelectionRule& rule, const TripletLossOptions& options,
                                  const std::shared_ptr<Processes>& processes = single_process(), int64_t anchors = -1);

}  // namespace massface
