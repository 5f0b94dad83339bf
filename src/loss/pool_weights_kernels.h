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
  const int64_t* first;   // [size]: where a position's own label begins in `order`
  const int64_t* last;    // [size]: and ends
  int64_t size;
  int64_t dimensions;
};

// Sums of a row; a histogram's bins lie behind each other in `histograms`: [2][kBins] to the positive, to the negative.
enum RowSum { kSelected, kActive, kValid, kViolating, kLoss, kToPositive, kToNegative, kOfPool, kNumRowSums };

// squares: [size] of scratch. distances: [size, size].
void launch_pool_distances(const DevicePool& pool, float* squares, float* distances, CUstream_st* stream);

// weights: [size, size], zeros before. sums: [size, kNumRowSums]. histograms: [2 * kBins], zeros before.
void launch_pool_weights(const DevicePool& pool, const float* distances, Strategy strategy, const SelectionRule& rule,
                         bool soft_margin, float* weights, double* sums, unsigned long long* histograms,
                         CUstream_st* stream);

}  // namespace massface
