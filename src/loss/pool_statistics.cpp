#include "loss/pool_statistics.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "loss/pool_weights_kernels.h"

namespace massface {

TripletStatistics PoolStatistics::read() const {
  if (!sums_.defined()) return known_;
  const Tensor sums = sums_.cpu(), counts = counts_.cpu();
  const double* sum = sums.const_data_ptr<double>();
  const int64_t* count = counts.const_data_ptr<int64_t>();
  TripletStatistics statistics;
  statistics.selected = static_cast<int64_t>(sum[kSelected]);
  statistics.active = static_cast<int64_t>(sum[kActive]);
  statistics.valid = static_cast<int64_t>(sum[kValid]);
  statistics.violating = static_cast<int64_t>(sum[kViolating]);
  statistics.sum_loss = sum[kLoss];
  statistics.sum_to_positive = sum[kToPositive];
  statistics.sum_to_negative = sum[kToNegative];
  statistics.pool_pairs = pool_size_ * (pool_size_ - 1);
  statistics.sum_of_pool = sum[kOfPool];
  std::copy_n(count, DistanceHistogram::kBins, statistics.to_positive.counts.begin());
  std::copy_n(count + DistanceHistogram::kBins, DistanceHistogram::kBins, statistics.to_negative.counts.begin());
  return statistics;
}

}  // namespace massface
