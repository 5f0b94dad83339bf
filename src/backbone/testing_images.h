#pragma once

#include <torch/torch.h>

#include "core/tensor.h"

namespace massface {

// For tests: normally distributed numbers [batch, 3, height, width] in channels-last memory, the same every time.
inline Tensor random_images(int64_t batch, int64_t height, int64_t width) {
  torch::manual_seed(5);
  return torch::randn({batch, 3, height, width}).contiguous(at::MemoryFormat::ChannelsLast);
}

}  // namespace massface
