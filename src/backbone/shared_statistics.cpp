#include "backbone/shared_statistics.h"

#include <torch/torch.h>

#include <algorithm>

namespace massface {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

struct MergedMoments {
  Tensor mean, variance;  // float64 [C]; the variance divided by the number of rows
  int64_t rows = 0;
};

// Chan, Golub and LeVeque, "Updating formulae and a pairwise algorithm for computing sample variances", 1979.
// mean, variance: [C].
MergedMoments merged(Processes& processes, const Tensor& mean, const Tensor& variance, int64_t rows) {
  const Tensor own = at::cat({mean.to(at::kDouble), variance.to(at::kDouble),
                              at::full({1}, static_cast<double>(rows), mean.options().dtype(at::kDouble))});
  const Tensor all = processes.gather(own.unsqueeze(0));
  const int64_t channels = mean.size(0);
  MergedMoments result{.mean = at::zeros_like(mean, at::kDouble), .variance = at::zeros_like(mean, at::kDouble)};
  Tensor squares = at::zeros_like(result.mean);
  for (const Tensor& part : all.unbind()) {
    const auto part_rows = part[2 * channels].item<double>(), seen = static_cast<double>(result.rows);
    if (part_rows == 0) continue;
    const double whole = seen + part_rows;
    const Tensor difference = part.slice(0, 0, channels) - result.mean;
    squares += part.slice(0, channels, 2 * channels) * part_rows + difference.square() * (seen * part_rows / whole);
    result.mean += difference * (part_rows / whole);
    result.rows += static_cast<int64_t>(part_rows);
  }
  result.variance = squares / static_cast<double>(result.rows);
  return result;
}

Tensor tensor_over(std::vector<float>& values) { return torch::from_blob(values.data(), {std::ssize(values)}); }

Tensor per_channel(const Tensor& values) { return values.view({1, -1, 1, 1}); }

struct SynchronisedNorm : torch::autograd::Function<SynchronisedNorm> {
  static Tensor forward(AutogradContext* context, const Tensor& x, const Tensor& gamma, const Tensor& beta,
                        const Tensor& running_mean, const Tensor& running_variance, double momentum, double epsilon,
                        const std::shared_ptr<Processes>& processes) {
    const int64_t rows = x.size(0) * x.size(2) * x.size(3);
    const Tensor zero = at::zeros_like(gamma);
    const auto [own_variance, own_mean] =
        rows > 0 ? at::var_mean(x.to(at::kFloat), at::IntArrayRef({0, 2, 3}), /*unbiased=*/false)
                 : std::tuple<Tensor, Tensor>{zero, zero};
    const MergedMoments moments = merged(*processes, own_mean, own_variance, rows);
    const auto n = static_cast<double>(moments.rows);
    running_mean.mul_(1 - momentum).add_(moments.mean, momentum);
    running_variance.mul_(1 - momentum).add_(moments.variance, momentum * n / (n - 1));
    const Tensor mean = moments.mean.to(at::kFloat);
    const Tensor inverse = (moments.variance + epsilon).rsqrt().to(at::kFloat);
    const Tensor unit = (x.to(at::kFloat) - per_channel(mean)) * per_channel(inverse);
    context->save_for_backward({unit, gamma, inverse});
    context->saved_data["rows"] = moments.rows;
    context->saved_data["processes"] = c10::IValue::make_capsule(c10::make_intrusive<Holder>(processes));
    return (unit * per_channel(gamma) + per_channel(beta)).to(x.scalar_type());
  }

  static tensor_list backward(AutogradContext* context, tensor_list gradients) {
    const auto saved = context->get_saved_variables();
    const Tensor &unit = saved[0], &gamma = saved[1], &inverse = saved[2];
    const Tensor g = gradients[0].to(at::kFloat);
    const Tensor of_beta = g.sum({0, 2, 3}), of_gamma = (g * unit).sum({0, 2, 3});
    const auto holder = c10::static_intrusive_pointer_cast<Holder>(context->saved_data["processes"].toCapsule());
    const Tensor sums = at::stack({of_beta, of_gamma});
    const Tensor of_all = sums.clone();
    holder->processes->sum(of_all);
    const auto rows = static_cast<double>(context->saved_data["rows"].toInt());
    const Tensor through = g - per_channel(of_all[0] / rows) - unit * per_channel(of_all[1] / rows);
    return {(through * per_channel(gamma * inverse)).to(gradients[0].scalar_type()),
            of_gamma,
            of_beta,
            Tensor(),
            Tensor(),
            Tensor(),
            Tensor(),
            Tensor()};
  }

  struct Holder : torch::CustomClassHolder {
    explicit Holder(std::shared_ptr<Processes> held) : processes(std::move(held)) {}
    std::shared_ptr<Processes> processes;
  };
};

}  // namespace

int64_t merge_moments(Processes& processes, ChannelMoments& moments, int64_t rows) {
  if (processes.size() == 1) return rows;
  const at::NoGradGuard no_grad;
  const MergedMoments all = merged(processes, tensor_over(moments.mean), tensor_over(moments.variance), rows);
  tensor_over(moments.mean).copy_(all.mean);
  tensor_over(moments.variance).copy_(all.variance);
  return all.rows;
}

GradientSums sum_of_processes(Processes& processes, const GradientSums& own) {
  GradientSums sums = own;
  if (processes.size() == 1) return sums;
  const at::NoGradGuard no_grad;
  processes.sum({tensor_over(sums.shift), tensor_over(sums.scale)});
  return sums;
}

Tensor synchronised_batch_norm(const Tensor& x, const Tensor& gamma, const Tensor& beta, const Tensor& running_mean,
                               const Tensor& running_variance, double momentum, double epsilon,
                               const std::shared_ptr<Processes>& processes) {
  return SynchronisedNorm::apply(x, gamma, beta, running_mean, running_variance, momentum, epsilon, processes);
}

}  // namespace massface
