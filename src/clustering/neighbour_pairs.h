#pragma once

#include <cstdint>
#include <vector>

#include "core/tensor.h"

namespace massface {

struct NeighbourPair {
  int32_t first = 0, second = 0;  // rows, first < second
  float cosine = 0;
};

// All pairs of rows with a cosine above the threshold, ascending by first and second. embeddings: float32 [N, D] of
// unit length, contiguous, on the CPU. Throws Error if there are more than most_pairs.
std::vector<NeighbourPair> neighbour_pairs(const Tensor& embeddings, double threshold_cosine, int64_t most_pairs);

}  // namespace massface
