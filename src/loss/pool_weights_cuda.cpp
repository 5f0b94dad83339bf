#include "loss/pool_weights_cuda.h"

#include <ATen/ATen.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>

#include "core/error.h"
#include "loss/pool_order.h"
#include "loss/pool_weights_kernels.h"
#include "loss/triplet_statistics.h"

namespace massface::cuda_hooks {

PoolWeights pool_weights(const Tensor& embeddings, const Tensor& labels, Strategy strategy, const SelectionRule& rule,
                         bool soft_margin) {
  check(
      embeddings.is_cuda() && labels.is_cuda() && embeddings.scalar_type() == at::kFloat && embeddings.is_contiguous(),
      "embeddings are float32 [B, D], contiguous, on a GPU, and the labels beside them");
  const c10::cuda::CUDAGuard guard(embeddings.device());  // a kernel runs on the current device, not on its stream's
  const int64_t size = embeddings.size(0);
  const PoolOrder grouped = pool_order(labels);
  const DevicePool pool{embeddings.const_data_ptr<float>(),
                        grouped.labels.const_data_ptr<int64_t>(),
                        grouped.order.const_data_ptr<int64_t>(),
                        grouped.first.const_data_ptr<int64_t>(),
                        grouped.last.const_data_ptr<int64_t>(),
                        size,
                        embeddings.size(1)};

  const auto options = embeddings.options();
  const Tensor squares = at::empty({size}, options), distances = at::empty({size, size}, options);
  const Tensor sums = at::zeros({size, kNumRowSums}, options.dtype(at::kDouble));
  const Tensor histograms = at::zeros({2 * DistanceHistogram::kBins}, options.dtype(at::kLong));
  const Tensor weights = at::zeros({size, size}, options);
  CUstream_st* stream = c10::cuda::getCurrentCUDAStream(embeddings.device().index()).stream();
  launch_pool_distances(pool, squares.mutable_data_ptr<float>(), distances.mutable_data_ptr<float>(), stream);
  launch_pool_weights(pool, distances.const_data_ptr<float>(), strategy, rule, soft_margin,
                      weights.mutable_data_ptr<float>(), sums.mutable_data_ptr<double>(),
                      reinterpret_cast<unsigned long long*>(histograms.mutable_data_ptr<int64_t>()), stream);
  return {weights, sums.sum(0), histograms};
}

}  // namespace massface::cuda_hooks
