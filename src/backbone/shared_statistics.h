#pragma once

#include "core/tensor.h"
#include "distributed/processes.h"
#include "kernels/strips.h"

// BatchNorm whose statistics are those of the global batch, of which each process of a training has a share. Forward
// and backward it exchanges two numbers per channel; both are what makes a training the same on any number of
// processes.
namespace massface {

// Replaces the moments of this process's `rows` by those of all processes, merged in the order of their ranks. Returns
// the number of all rows.
int64_t merge_moments(Processes& processes, ChannelMoments& moments, int64_t rows);

// Returns the sums over all processes of what the gradient needs to pass through BatchNorm: `shift` and `scale`.
GradientSums sum_of_processes(Processes& processes, const GradientSums& own);

// The same for tensors on any device, layer by layer: the reference twin of the fused pass. x: [B, C, H, W]; B may be 0
// in some processes. Updates the running statistics as at::batch_norm does. gamma, beta: [C]; the gradients that they
// get are this process's share, like all gradients of parameters.
Tensor synchronised_batch_norm(const Tensor& x, const Tensor& gamma, const Tensor& beta, const Tensor& running_mean,
                               const Tensor& running_variance, double momentum, double epsilon,
                               const std::shared_ptr<Processes>& processes);

}  // namespace massface
