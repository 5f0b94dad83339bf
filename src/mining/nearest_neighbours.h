#pragma once

#include <cstdint>
#include <vector>

#include "core/tensor.h"

namespace massface {

// Returns for each of N points its `count` nearest other points (all of them if there are fewer), nearest first; ties
// go to the lowest index. Exact: O(N^2 D) multiply-adds on all threads, with the memory of one tile per thread. points:
// float32 [N, D] on the CPU.
std::vector<std::vector<int64_t>> nearest_neighbours(const Tensor& points, int64_t count);

}  // namespace massface
