#pragma once

#include "core/tensor.h"
#include "loss/pool_statistics.h"
#include "loss/triplet_loss_options.h"
#include "mining/strategy.h"

namespace massface {

struct PoolLossOutput {
  Tensor loss;  // scalar, differentiable
  PoolStatistics statistics;
};

// The triplet loss over a strategy's triplets of the whole pool, on whatever device and in whatever precision: the
// fused kernels for float32, otherwise triplets listed on the CPU (in float32) and their loss by autograd.
//
// embeddings: float [B, D], rows of unit length. labels: int64 [B], on the same device. rule.margin is options.margin.
// Where an embedding is not finite: see loss/fused_triplet_loss.h.
PoolLossOutput pool_triplet_loss(const Tensor& embeddings, const Tensor& labels, Strategy strategy,
                                 const SelectionRule& rule, const TripletLossOptions& options);

}  // namespace massface
