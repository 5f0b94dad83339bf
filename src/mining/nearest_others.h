#pragma once

#include <cstdint>
#include <vector>

#include "core/tensor.h"
#include "distributed/shares.h"

namespace massface {

// For each row of a part of a pool, the k nearest rows of other identities (nearly always), found by an approximate
// index: a "hierarchical navigable small world" graph (arXiv:1603.09320, hnswlib) per 131,072 rows. One thread builds
// each graph in the order of its rows, so that the same rows are found on any number of threads.
struct NearestOthers {
  int64_t k;
  Share part;
  std::vector<int32_t> rows;  // [part.size(), k], ascending for each row; -1 at the end if there are fewer

  const int32_t* of(int64_t row) const { return rows.data() + (row - part.begin) * k; }
};

// embeddings: float32 [N, D], on the CPU, finite. labels: int64 [N]. k: at least 1. part: the rows of which the nearest
// are wanted. Throws Interrupted when a signal asks to stop.
NearestOthers find_nearest_others(const Tensor& embeddings, const Tensor& labels, int64_t k, Share part);

}  // namespace massface
