#include "loss/triplet_loss.h"

#include <torch/torch.h>

#include <algorithm>

#include "core/error.h"

namespace massface {
namespace {

// A pair's gradient is a sum of equal terms (and zeros), one for each triplet that has it: the same in any order, so
// bit-exact on a GPU too, where the backward pass adds atomically.
Tensor select_pairs(const Tensor& distances, const Tensor& rows, const Tensor& columns) {
  return distances.flatten().index_select(0, rows * distances.size(1) + columns);  // [T]
}

}  // namespace

void TripletLossOptions::describe(OptionTable& table) {
  table.add(
      "margin", margin, {.min = 0, .max = 4},
      "How much farther than the positive the negative has to be, in squared L2 distance of unit vectors (which is "
      "at most 4).");
  table.add_choice(
      "reduction", reduction, {"active", "selected"},
      "What the loss is the mean of: the triplets that still violate the margin, so that steps do not fade "
      "as triplets are solved, or all selected ones, the solved ones as 0.");
}

TripletLossOutput triplet_loss(const Tensor& distances, const Triplets& triplets, const TripletLossOptions& options) {
  const Tensor to_positive = select_pairs(distances, triplets.anchors, triplets.positives);
  const Tensor to_negative = select_pairs(distances, triplets.anchors, triplets.negatives);
  const Tensor violation = at::relu(to_positive + options.margin - to_negative);  // [T]
  const Tensor active = (violation.detach() > 0).sum();

  const int64_t pool = distances.size(0);
  // One copy from the device instead of four.
  const Tensor sums = at::stack({active.to(at::kDouble), to_positive.detach().sum(at::kDouble),
                                 to_negative.detach().sum(at::kDouble), distances.detach().sum(at::kDouble)})
                          .cpu();
  const double* sum = sums.data_ptr<double>();
  TripletLossOutput output{.selected = triplets.size(), .active = static_cast<int64_t>(sum[0])};
  const auto divisor = static_cast<double>(std::max<int64_t>(output.selected, 1));
  output.mean_d_positive = sum[1] / divisor;
  output.mean_d_negative = sum[2] / divisor;
  output.mean_d_pool = sum[3] / static_cast<double>(std::max<int64_t>(pool * (pool - 1), 1));

  check(options.reduction == "active" || options.reduction == "selected", "the reduction is a described choice");
  const int64_t averaged = options.reduction == "active" ? output.active : output.selected;
  output.loss = violation.sum() / std::max<int64_t>(averaged, 1);
  return output;
}

}  // namespace massface
