#include "kernels/fold_batch_norm.h"

#include <ATen/ATen.h>

namespace massface {

FoldedConvolution fold_batch_norm(const Tensor& weight, const Tensor& gamma, const Tensor& beta, const Tensor& mean,
                                  const Tensor& variance, double eps) {
  const at::NoGradGuard no_grad;
  const Tensor factor = gamma.to(at::kDouble) / (variance.to(at::kDouble) + eps).sqrt();
  const Tensor bias = beta.to(at::kDouble) - mean.to(at::kDouble) * factor;
  const Tensor folded = weight.to(at::kDouble) * factor.reshape({-1, 1, 1, 1});
  return {folded.to(weight.scalar_type()), bias.to(weight.scalar_type())};
}

FoldedConvolution fold_batch_norm_before(const FoldedConvolution& convolution, const Tensor& gamma, const Tensor& beta,
                                         const Tensor& mean, const Tensor& variance, double eps) {
  const at::NoGradGuard no_grad;
  const auto by_input_channel = [](const Tensor& values) { return values.reshape({1, -1, 1, 1}); };
  const Tensor weight = convolution.weight.to(at::kDouble);
  const Tensor factor = gamma.to(at::kDouble) / (variance.to(at::kDouble) + eps).sqrt();
  const Tensor shift = beta.to(at::kDouble) - mean.to(at::kDouble) * factor;
  const Tensor bias = convolution.bias.to(at::kDouble) + (weight * by_input_channel(shift)).sum({1, 2, 3});
  return {(weight * by_input_channel(factor)).to(convolution.weight.scalar_type()),
          bias.to(convolution.bias.scalar_type())};
}

}  // namespace massface
