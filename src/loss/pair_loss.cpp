#include "loss/pair_loss.h"

#include <ATen/ATen.h>

#include <limits>

namespace massface {
namespace {

constexpr double kNone = -std::numeric_limits<double>::infinity();

// log(1 + the sum of exp(x) over the chosen columns): [anchors].
Tensor log_of_one_and_sum(const Tensor& x, const Tensor& chosen) {
  const Tensor one = at::zeros({x.size(0), 1}, x.options());
  return at::logsumexp(at::cat({one, x.masked_fill(chosen.logical_not(), kNone)}, 1), 1);
}

}  // namespace

void MultiSimilarityOptions::describe(OptionTable& table) {
  table.add("alpha", alpha, {.min = 0.01, .max = 1000}, "How much the farther positives count more than others.");
  table.add("beta", beta, {.min = 0.01, .max = 1000}, "How much the nearer negatives count more than others.");
  table.add("base", base, {.min = -1, .max = 1},
            "The cosine above which negatives, and below which positives, count most; lambda in the paper.");
  table.add("epsilon", epsilon, {.min = 0, .max = 2},
            "Pairs count that are harder than the hardest of the other kind less this cosine.");
}

void SupConOptions::describe(OptionTable& table) {
  table.add("temperature", temperature, {.min = 0.001, .max = 10},
            "Divides the cosines before the softmax over the other images of the batch.");
}

Tensor multi_similarity_loss(const AnchorPairs& pairs, const MultiSimilarityOptions& options) {
  const Tensor& cosines = pairs.cosines;
  // Beyond every cosine, so that an anchor without pairs of a kind selects none of the other.
  const Tensor nearest_negative = cosines.detach().masked_fill(pairs.negative.logical_not(), -4).amax(1, true);
  const Tensor farthest_positive = cosines.detach().masked_fill(pairs.positive.logical_not(), 4).amin(1, true);
  const Tensor positive = pairs.positive.logical_and(cosines.detach() - options.epsilon < nearest_negative);
  const Tensor negative = pairs.negative.logical_and(cosines.detach() + options.epsilon > farthest_positive);
  return log_of_one_and_sum(-options.alpha * (cosines - options.base), positive) / options.alpha +
         log_of_one_and_sum(options.beta * (cosines - options.base), negative) / options.beta;
}

Tensor supcon_loss(const AnchorPairs& pairs, const SupConOptions& options) {
  const Tensor logits = pairs.cosines / options.temperature;
  const Tensor others = pairs.positive.logical_or(pairs.negative);
  const Tensor log_sum = at::logsumexp(logits.masked_fill(others.logical_not(), kNone), 1, /*keepdim=*/true);
  const Tensor positive = pairs.positive.to(logits.scalar_type());
  const Tensor count = positive.sum(1);
  return ((log_sum - logits) * positive).sum(1) / count.clamp_min(1);
}

}  // namespace massface
