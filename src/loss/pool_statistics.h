#pragma once

#include "core/tensor.h"
#include "distributed/processes.h"
#include "loss/triplet_statistics.h"

namespace massface {

// The statistics of a pool, which a GPU may still be computing. They are read after the whole step has been sent to the
// GPU.
class PoolStatistics {
 public:
  PoolStatistics() = default;
  PoolStatistics(const TripletStatistics& known) : known_(known) {}
  // sums: float64 [kNumRowSums] (loss/pool_weights_kernels.h). counts: int64 [2 * DistanceHistogram::kBins], to the
  // positive and to the negative. Both on any device. pool_size: number of embeddings in the pool.
  PoolStatistics(const Tensor& sums, const Tensor& counts, int64_t pool_size)
      : sums_(sums), counts_(counts), pool_size_(pool_size) {}

  // Waits for the device. When a recorded step is replayed, the same object returns the statistics of the latest
  // replay.
  TripletStatistics read() const;

 private:
  TripletStatistics known_;
  Tensor sums_;  // undefined if known_ is used
  Tensor counts_;
  int64_t pool_size_ = 0;
};

// Replaces the statistics of this process's part of a pool by those of all processes.
void sum_over_processes(Processes& processes, TripletStatistics& statistics);

}  // namespace massface
