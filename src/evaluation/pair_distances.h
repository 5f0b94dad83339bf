#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/tensor.h"
#include "evaluation/verification.h"

namespace massface {

// A pair, as the indices of two rows in a table of embeddings.
struct IndexPair {
  int64_t first = 0;
  int64_t second = 0;
  bool same = false;
  int64_t fold = 0;  // 0-based
};

// embeddings: float32 [N, D] on the CPU, rows of unit length.
PairDistances pair_distances(const Tensor& embeddings, const std::vector<IndexPair>& pairs);

// Like pair_distances, but subtracts a mean from the rows before scaling them to unit length: the mean of the rows that
// the pairs outside the fold `left_out` name, counted as often as they are named, or of all pairs if there is no other
// fold or left_out is nullopt. embeddings: float32 [N, D] on the CPU, rows of any length.
PairDistances centered_pair_distances(const Tensor& embeddings, const std::vector<IndexPair>& pairs,
                                      std::optional<int64_t> left_out);

}  // namespace massface
