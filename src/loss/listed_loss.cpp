#include "loss/listed_loss.h"

#include <torch/torch.h>

#include <algorithm>

namespace massface {

ListedLoss listed_loss(const MinedTriplets& mined, float margin) {
  const float* to_positive = mined.to_positive.const_data_ptr<float>();
  const float* to_negative = mined.to_negative.const_data_ptr<float>();
  ListedLoss loss;
  double sum = 0;
  for (int64_t t = 0; t < mined.triplets.size(); ++t) {
    const float bound = violation_bound(to_positive[t], margin);
    if (!(to_negative[t] < bound)) continue;
    ++loss.active;
    sum += static_cast<double>(bound) - to_negative[t];
  }
  loss.mean_of_active = sum / static_cast<double>(std::max<int64_t>(loss.active, 1));
  loss.mean_of_all = sum / static_cast<double>(std::max<int64_t>(mined.triplets.size(), 1));
  return loss;
}

}  // namespace massface
