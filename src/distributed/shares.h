#pragma once

#include <cstdint>

#include "core/tensor.h"
#include "distributed/processes.h"

namespace massface {

// A part of the images of a batch, or of any other list: [begin, end).
struct Share {
  int64_t begin = 0, end = 0;

  int64_t size() const { return end - begin; }
};

// The least number of images that a process is given: BatchNorm has no statistics of one value.
inline constexpr int64_t kLeastShare = 2;

// Returns the part of a list of `total` images that process `rank` of `size` takes. Shares are contiguous, make up the
// list in the order of ranks, and differ by at most one image. If there are fewer than kLeastShare for each process,
// the last ones have an empty share.
Share share_of(int64_t total, int64_t rank, int64_t size);
inline Share share_of(int64_t total, const Processes& processes) {
  return share_of(total, processes.rank(), processes.size());
}

// Returns the rows of all processes: [total, ...]. rows: those of this process's share of `total`. Shares may differ in
// size; what travels is padded to the largest.
Tensor gather_shares(Processes& processes, const Tensor& rows, int64_t total);

// Returns the rows of all processes in the order of their ranks, however many each has. rows: [N, ...], N of any size.
Tensor gather_uneven(Processes& processes, const Tensor& rows);

// Returns the sums over all processes of numbers of which each has its share. numbers: scalars on any device.
std::vector<double> sum_of(Processes& processes, const std::vector<Tensor>& numbers);

}  // namespace massface
