#pragma once

#include "core/tensor.h"
#include "loss/triplet_statistics.h"

namespace massface {

// A pool's statistics, which a GPU may still be computing: they are asked for once the whole step has been sent to it.
class PoolStatistics {
 public:
  PoolStatistics() = default;
  PoolStatistics(const TripletStatistics& known) : known_(known) {}
  // sums: float64 [kNumRowSums] (loss/pool_weights_kernels.h). counts: int64 [2 * DistanceHistogram::kBins], to the
  // positive and to the negative. Both on any device; pool_size: embeddings of the pool.
  PoolStatistics(const Tensor& sums, const Tensor& counts, int64_t pool_size)
      : sums_(sums), counts_(counts), pool_size_(pool_size) {}

  // Waits for the device. When a recorded step is taken again, the same object tells of the newest one.
  TripletStatistics read() const;

 private:
  TripletStatistics known_;
  Tensor sums_;  // undefined where known_ holds
  Tensor counts_;
  int64_t pool_size_ = 0;
};

}  // namespace massface
