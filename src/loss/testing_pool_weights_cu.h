#pragma once

#include "loss/pool_weights_kernels.h"

namespace massface {

// launch_pool_distances() and launch_pool_weights() of loss/pool_weights.cu on the testing device.
void pool_distances_on_testing_device(const DevicePool& pool, float* squares, float* distances, CUstream_st* stream);
void pool_weights_on_testing_device(const DevicePool& pool, const float* distances, Strategy strategy,
                                    const SelectionRule& rule, bool soft_margin, float* weights, double* sums,
                                    unsigned long long* histograms, CUstream_st* stream);

}  // namespace massface
