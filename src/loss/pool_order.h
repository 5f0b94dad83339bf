#pragma once

#include <ATen/ops/searchsorted.h>

#include <optional>
#include <tuple>

#include "core/tensor.h"

namespace massface {

// The positions of a pool grouped by label, as DevicePool (loss/pool_weights_kernels.h) has them. All are int64 [B],
// contiguous, on the labels' device.
struct PoolOrder {
  Tensor labels;
  Tensor order;
  Tensor first;
  Tensor last;
};

// labels: int64 [B], any values in any order. The host does not wait for a GPU.
inline PoolOrder pool_order(const Tensor& labels) {
  const Tensor own = labels.contiguous();
  // A plain `true` would be the dimension of another overload.
  const auto [sorted, order] = own.sort(/*stable=*/std::optional<bool>(true), /*dim=*/0);
  return {own, order.contiguous(), at::searchsorted(sorted, own),
          at::searchsorted(sorted, own, /*out_int32=*/false, /*right=*/true)};
}

}  // namespace massface
