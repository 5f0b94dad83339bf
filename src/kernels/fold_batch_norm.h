#pragma once

#include "core/tensor.h"

namespace massface {

// A convolution with bias that computes what a convolution without bias and the BatchNorm after it compute in eval
// mode.
struct FoldedConvolution {
  Tensor weight;  // [C_out, C_in / groups, kH, kW], in the memory format of the given weight
  Tensor bias;    // [C_out]
};

// y = (conv(x) - mean) / sqrt(variance + eps) * gamma + beta = conv'(x) + bias', with
// conv' = conv * gamma / sqrt(variance + eps) and bias' = beta - mean * gamma / sqrt(variance + eps).
// gamma, beta, mean, variance: [C_out]. Computed in double, returned in the weight's dtype.
FoldedConvolution fold_batch_norm(const Tensor& weight, const Tensor& gamma, const Tensor& beta, const Tensor& mean,
                                  const Tensor& variance, double eps);

}  // namespace massface
