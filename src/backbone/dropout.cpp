#include "backbone/dropout.h"

#include <torch/torch.h>

#include "core/random.h"

namespace massface {
namespace {

// Returns the factor of each number, float32 [B, C, H, W] in channels-last memory on the CPU: 0, or 1 / (1 - rate).
Tensor dropout_factors(at::IntArrayRef sizes, double rate, const DropoutDraw& draw) {
  Tensor factors = at::empty(sizes, at::TensorOptions(at::kFloat).memory_format(at::MemoryFormat::ChannelsLast));
  if (factors.numel() == 0) return factors;
  const int64_t numbers = factors.numel() / sizes[0];
  const auto kept = static_cast<float>(1 / (1 - rate));
  float* to = factors.mutable_data_ptr<float>();
  at::parallel_for(0, sizes[0], 1, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      Random random(draw.seed, RandomStream::kDropout, static_cast<uint64_t>(draw.step),
                    static_cast<uint32_t>(draw.first_row + row));
      for (int64_t i = 0; i < numbers; ++i) to[row * numbers + i] = random.uniform() < rate ? 0 : kept;
    }
  });
  return factors;
}

}  // namespace

Tensor dropout(const Tensor& x, double rate, const DropoutDraw& draw) {
  return x * dropout_factors(x.sizes(), rate, draw).to(x.device(), x.scalar_type());
}

}  // namespace massface
