#pragma once

#include <cstdint>
#include <vector>

#include "core/tensor.h"

namespace massface {

// For each row of a pool the k rows of other identities that are nearest to it, nearly always, by an approximate index:
// a "hierarchical navigable small world" graph (arXiv:1603.09320, hnswlib) of each hundred thousand rows, which one
// thread builds in their order, so that the same rows are found on any number of threads.
struct NearestOthers {
  int64_t k;
  std::vector<int32_t> rows;  // [N, k], each row's ascending; -1 behind the last where there are fewer

  const int32_t* of(int64_t row) const { return rows.data() + row * k; }
};

// embeddings: float32 [N, D], on the CPU, finite. labels: int64 [N]. Throws Interrupted when a signal asks to stop.
NearestOthers find_nearest_others(const Tensor& embeddings, const Tensor& labels, int64_t k);

}  // namespace massface
