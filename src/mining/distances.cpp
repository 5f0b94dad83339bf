#include "mining/distances.h"

#include <torch/torch.h>

#include <algorithm>

#include "kernels/distance_rule.h"
#include "kernels/pairwise_distances.h"
#include "mining/pool.h"

namespace massface {
namespace {

// Number of pairs handled at a time: few enough to stay in a cache, and to bound the memory when every row of a pool is
// the same.
constexpr int64_t kNearPairsAtOnce = 1024;

// Sums near pairs again from their differences, including those whose distance rounding has made negative.
void recompute_near_pairs(const Tensor& x, const Tensor& squared_lengths, Tensor& distances) {
  const Tensor unsafe_below = kNear * (squared_lengths.unsqueeze(0) + squared_lengths.unsqueeze(1));
  const Tensor near = (distances < unsafe_below).triu(1).nonzero();  // [pairs, 2], i < j
  for (int64_t start = 0; start < near.size(0); start += kNearPairsAtOnce) {
    const Tensor chunk = near.slice(0, start, std::min(start + kNearPairsAtOnce, near.size(0)));
    const Tensor i = chunk.select(1, 0), j = chunk.select(1, 1);
    const Tensor exact = (x.index_select(0, i) - x.index_select(0, j)).square_().sum(1);
    distances.index_put_({i, j}, exact);
    distances.index_put_({j, i}, exact);
  }
}

Tensor by_kernel(const Tensor& x) {
  const PairwiseDistances distances(x);
  Tensor matrix = at::empty({x.size(0), distances.stride()}, x.options());
  distances.compute_matrix(matrix.mutable_data_ptr<float>());
  return matrix.slice(1, 0, x.size(0)).contiguous();
}

// Makes no intermediate of [B, B, D]. The gradient is that of sum_k (x_ik - x_jk)^2, however the value was computed.
struct SquaredDistances : torch::autograd::Function<SquaredDistances> {
  static Tensor forward(torch::autograd::AutogradContext* context, const Tensor& x) {
    context->save_for_backward({x});
    if (x.is_cpu() && x.scalar_type() == at::kFloat) return by_kernel(x.contiguous());
    Tensor distances = x.mm(x.t());
    const Tensor squared_lengths = distances.diagonal().clone();
    distances.mul_(-2).add_(squared_lengths.unsqueeze(0)).add_(squared_lengths.unsqueeze(1));
    recompute_near_pairs(x, squared_lengths, distances);
    return distances.fill_diagonal_(0);
  }

  static torch::autograd::tensor_list backward(torch::autograd::AutogradContext* context,
                                               torch::autograd::tensor_list gradients) {
    const Tensor x = context->get_saved_variables()[0];
    const Tensor both_ways = gradients[0] + gradients[0].t();
    return {2 * (both_ways.sum(1, /*keepdim=*/true) * x - both_ways.mm(x))};
  }
};

}  // namespace

Tensor squared_distances(const Tensor& embeddings) {
  const c10::impl::ExcludeDispatchKeyGuard no_autocast(c10::autocast_dispatch_keyset);
  const Tensor x = embeddings.scalar_type() == at::kDouble ? embeddings : embeddings.to(at::kFloat);
  require_finite(x);
  return SquaredDistances::apply(x);
}

}  // namespace massface
