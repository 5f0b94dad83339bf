#pragma once

#include <ATen/Parallel.h>

#include <algorithm>
#include <cstdint>
#include <mutex>
#include <vector>

#include "kernels/pairwise_distances.h"

namespace massface {

// Looks at the distances of all points to the points before them, on all threads, in memory that does not grow with the
// square of their number. use(part, i, row): row[j] is d(i, j), for j < i; each thread uses a copy of `empty` as its
// part, and ends when use() returns false. merge(part): called for each part, one at a time, in any order.
template <class Part, class Use, class Merge>
void fold_distances(const PairwiseDistances& distances, const Part& empty, const Use& use, const Merge& merge) {
  constexpr int64_t kRowsAtOnce = 64;
  std::mutex merging;
  at::parallel_for(0, distances.size(), kRowsAtOnce, [&](int64_t begin, int64_t end) {
    Part part = empty;
    std::vector<float> rows(static_cast<size_t>(kRowsAtOnce * distances.stride()));
    bool goes_on = true;
    for (int64_t first = begin; goes_on && first < end; first += kRowsAtOnce) {
      const int64_t last = std::min(first + kRowsAtOnce, end);
      distances.compute_rows(first, last, rows.data());
      for (int64_t i = first; goes_on && i < last; ++i) {
        goes_on = use(part, i, rows.data() + (i - first) * distances.stride());
      }
    }
    const std::lock_guard lock(merging);
    merge(part);
  });
}

}  // namespace massface
