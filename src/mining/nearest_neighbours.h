#pragma once

#include <cstdint>
#include <vector>

#include "core/tensor.h"

namespace massface {

// For each of N points the `count` nearest others (all of them where there are fewer), the nearest first, ties to the
// lowest index. Exact: O(N^2 D) multiply-adds on all threads, memory of a tile a thread. points: float32 [N, D] on the
// CPU.
std::vector<std::vector<int64_t>> nearest_neighbours(const Tensor& points, int64_t count);

}  // namespace massface
