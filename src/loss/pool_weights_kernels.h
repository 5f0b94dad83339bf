#pragma once

#include <cstdint>

#include "mining/strategy.h"

struct CUstream_st;

// The kernel launches of pool_weights.cu, over plain pointers to device memory: nvcc does not read tensors.
// pool_weights_cuda.cpp calls them.
namespace massface {

struct DevicePool {
  const float* points;    // [size, dimensions]
  const int64_t* labels;  // [size]
  const int64_t* order;   // [size]: positions grouped by label, ascending within one
  const int64_t* first;   // [size]: start of the position's own label in `order`
  const int64_t* last;    // [size]: end of it
  int64_t size;
  int64_t dimensions;
};

// The sums of a row. The two histograms are adjacent: [2][kBins], of the distances to the positive and to the negative.
enum RowSum { kSelected, kActive, kValid, kViolating, kLoss, kToPositive, kToNegative, kOfPool, kNumRowSums };

// squares: [size], scratch memory. distances: [size, size], written.
void launch_pool_distances(const DevicePool& pool, float* squares, float* distances, CUstream_st* stream);

// weights: [size, size] and histograms: [2 * kBins], both zero on entry. sums: [size, kNumRowSums], written.
void launch_pool_weights(const DevicePool& pool, const float* distances, Strategy strategy, const SelectionRule& rule,
                         bool soft_margin, float* weights, double* sums, unsigned long long* histograms,
                         CUstream_st* stream);

}  // namespace massface
