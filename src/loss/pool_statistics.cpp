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

void sum_over_processes(Processes& processes, TripletStatistics& statistics) {
  if (processes.size() == 1) return;
  // In one message. Counts are exact up to 2^53.
  constexpr int64_t kBins = DistanceHistogram::kBins;
  const Tensor message = at::empty({9 + 2 * kBins}, at::kDouble);
  double* values = message.mutable_data_ptr<double>();
  TripletStatistics& s = statistics;
  int64_t* const counts[] = {&s.selected, &s.active, &s.valid, &s.violating, &s.pool_pairs};
  double* const sums[] = {&s.sum_loss, &s.sum_to_positive, &s.sum_to_negative, &s.sum_of_pool};
  const auto with_each = [&](const auto& use) {
    int64_t i = 0;
    for (int64_t* count : counts) use(values[i++], *count);
    for (double* sum : sums) use(values[i++], *sum);
    for (DistanceHistogram* histogram : {&s.to_positive, &s.to_negative}) {
      for (int64_t& count : histogram->counts) use(values[i++], count);
    }
  };
  with_each([](double& value, const auto& number) { value = static_cast<double>(number); });
  processes.sum(message);
  with_each([](const double& value, auto& number) { number = static_cast<std::decay_t<decltype(number)>>(value); });
}

}  // namespace massface
