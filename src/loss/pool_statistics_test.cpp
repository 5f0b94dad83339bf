#include "loss/pool_statistics.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "loss/pool_weights_kernels.h"

namespace massface {
namespace {

TEST(PoolStatistics, ReadsWhatTheDevicesSumsSay) {
  Tensor sums = torch::zeros({kNumRowSums}, torch::kDouble);
  const auto set = [&](RowSum sum, double value) { sums[static_cast<int64_t>(sum)] = value; };
  set(kSelected, 8);
  set(kActive, 5);
  set(kValid, 40);
  set(kViolating, 10);
  set(kLoss, 1.25);
  set(kToPositive, 4);
  set(kToNegative, 6);
  set(kOfPool, 30);
  Tensor counts = torch::zeros({2 * DistanceHistogram::kBins}, torch::kLong);
  counts[3] = 8;
  counts[DistanceHistogram::kBins + 7] = 8;

  const PoolStatistics deferred(sums, counts, /*pool_size=*/6);
  const TripletStatistics read = deferred.read();
  EXPECT_EQ(read.selected, 8);
  EXPECT_EQ(read.active, 5);
  EXPECT_EQ(read.violating_fraction(), 0.25);
  EXPECT_EQ(read.sum_loss, 1.25);
  EXPECT_EQ(read.mean_to_positive(), 0.5);
  EXPECT_EQ(read.mean_to_negative(), 0.75);
  EXPECT_EQ(read.mean_of_pool(), 1.0);
  EXPECT_EQ(read.to_positive.counts[3], 8);
  EXPECT_EQ(read.to_negative.counts[7], 8);

  set(kActive, 6);  // as the next replay of a recorded step would
  EXPECT_EQ(deferred.read().active, 6);
}

}  // namespace
}  // namespace massface
