#pragma once

#include <memory>

#include "core/tensor.h"
#include "distributed/processes.h"

namespace massface {

// Returns the embeddings of the whole batch, [B, D], as every process has them: those of its own share
// (share_of(total), distributed/shares.h) and, gathered, the others'. Differentiable in `own`.
//
// Every process computes its share of the loss from the result, and the shares add up to the loss of the whole batch.
// The backward pass sums the gradients of all shares with respect to all embeddings, and takes the rows of the own
// images (a reduce-scatter). What each process carries back through the network is then the gradient of the whole loss
// with respect to its images, and the sum over processes of the parameters' gradients is the gradient of the loss.
// Nothing is multiplied or divided by the number of processes, which is the usual fault of such a gather.
Tensor gather_embeddings(const Tensor& own, int64_t total, const std::shared_ptr<Processes>& processes);

}  // namespace massface
