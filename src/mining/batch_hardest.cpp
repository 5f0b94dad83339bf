#include "mining/batch_hardest.h"

#include <torch/torch.h>

#include <limits>

#include "core/error.h"

namespace massface {

Triplets mine_batch_hardest(const Tensor& distances, const Tensor& labels) {
  const torch::NoGradGuard no_grad;
  constexpr double kInfinity = std::numeric_limits<double>::infinity();

  const Tensor same = labels.unsqueeze(0) == labels.unsqueeze(1);  // [B, B]
  Tensor not_positive = ~same;
  not_positive.fill_diagonal_(true);  // nobody is their own positive
  const auto [farthest, positives] = distances.masked_fill(not_positive, -kInfinity).max(/*dim=*/1);
  const auto [nearest, negatives] = distances.masked_fill(same, kInfinity).min(/*dim=*/1);
  if ((farthest.isnan() | nearest.isnan()).any().item<bool>()) {
    throw Failure(
        "a distance between embeddings is NaN: the training has diverged. Lower the learning rate, or clip "
        "gradients (max_gradient_norm)");
  }

  // A row without a positive or a negative still has an index where it has nothing to choose from.
  const Tensor anchors = ((farthest > -kInfinity) & (nearest < kInfinity)).nonzero().squeeze(1);
  return {anchors, positives.index_select(0, anchors), negatives.index_select(0, anchors)};
}

}  // namespace massface
