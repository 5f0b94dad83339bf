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

// The same for BatchNorm before a convolution without padding and without groups: with s = gamma / sqrt(variance + eps)
// and t = beta - mean * s, conv(s * x + t) + bias = conv'(x) + bias', where conv' = conv * s by input channel and bias'
// = bias + conv(t). gamma, beta, mean, variance: [C_in].
FoldedConvolution fold_batch_norm_before(const FoldedConvolution& convolution, const Tensor& gamma, const Tensor& beta,
                                         const Tensor& mean, const Tensor& variance, double eps);

}  // namespace massface
