#include "loss/triplet_loss.h"

#include <torch/torch.h>

#include <algorithm>

#include "core/error.h"

namespace massface {
namespace {

// Returns the distance of each pair. A pair's gradient is a sum of equal terms (and zeros), one for each triplet that
// has the pair. Such a sum does not depend on its order, so it is bit-exact on a GPU too, where the backward pass adds
// atomically.
Tensor select_pairs(const Tensor& distances, const Tensor& rows, const Tensor& columns) {
  return distances.flatten().index_select(0, rows * distances.size(1) + columns);  // [T]
}

DistanceHistogram histogram_of(const Tensor& distances) {
  DistanceHistogram histogram;
  const Tensor values = distances.detach().to(at::kCPU, at::kFloat).contiguous();
  for (int64_t i = 0; i < values.numel(); ++i) histogram.add(values.const_data_ptr<float>()[i], 1);
  return histogram;
}

}  // namespace

void TripletLossOptions::describe(OptionTable& table) {
  table.add("margin", margin, {.min = 0, .max = 4},
            "How much farther from the anchor the negative has to be than the positive, in squared L2 distance of unit "
            "vectors (which is at most 4).");
  table.add_choice(
      "reduction", reduction, {"active", "selected"},
      "Which triplets the loss is averaged over. active: those that still violate the margin, so that steps do not "
      "fade as triplets are solved. selected: all selected triplets, with solved ones as 0.");
  table.add(
      "soft_margin", soft_margin,
      "Use log(1 + exp(d(a, p) - d(a, n))) instead of the hinge at the margin: no triplet is ever solved, and one with "
      "a wrong label pulls no harder than the others. The margin still decides what the strategy selects.");
}

TripletLossOutput triplet_loss(const Tensor& distances, const Triplets& triplets, const TripletLossOptions& options) {
  const Tensor to_positive = select_pairs(distances, triplets.anchors, triplets.positives);
  const Tensor to_negative = select_pairs(distances, triplets.anchors, triplets.negatives);
  const Tensor loss = options.soft_margin ? at::softplus(to_positive - to_negative)
                                          : at::relu(to_positive + options.margin - to_negative);  // [T]

  // One copy from the device instead of five.
  const Tensor sums = at::stack({(loss.detach() > 0).sum().to(at::kDouble), loss.detach().sum(at::kDouble),
                                 to_positive.detach().sum(at::kDouble), to_negative.detach().sum(at::kDouble),
                                 distances.detach().sum(at::kDouble)})
                          .cpu();
  const double* sum = sums.const_data_ptr<double>();
  TripletLossOutput output;
  output.statistics = {.selected = triplets.size(),
                       .active = static_cast<int64_t>(sum[0]),
                       .sum_loss = sum[1],
                       .sum_to_positive = sum[2],
                       .sum_to_negative = sum[3],
                       .pool_pairs = distances.size(0) * (distances.size(0) - 1),
                       .sum_of_pool = sum[4],
                       .to_positive = histogram_of(to_positive),
                       .to_negative = histogram_of(to_negative)};

  check(options.reduction == "active" || options.reduction == "selected", "the reduction is a described choice");
  const int64_t averaged = options.reduction == "active" ? output.statistics.active : output.statistics.selected;
  output.loss = loss.sum() / std::max<int64_t>(averaged, 1);
  return output;
}

}  // namespace massface
