#include "optimizer/gradient_norm.h"

#include <ATen/Parallel.h>
#include <torch/torch.h>

#include <algorithm>

namespace massface {
namespace {

// Sums in eight lanes, like a vector register.
double sum_of_squares(const float* values, int64_t count) {
  double lanes[8] = {};
  const int64_t whole = count - count % 8;
  for (int64_t i = 0; i < whole; i += 8)
    for (int64_t k = 0; k < 8; ++k) lanes[k] += static_cast<double>(values[i + k]) * values[i + k];
  for (int64_t i = whole; i < count; ++i) lanes[i - whole] += static_cast<double>(values[i]) * values[i];
  return ((lanes[0] + lanes[1]) + (lanes[2] + lanes[3])) + ((lanes[4] + lanes[5]) + (lanes[6] + lanes[7]));
}

// LibTorch's norm with dtype = float64 first copies a CPU tensor to float64, which takes 20 times as long. Blocks
// have a fixed size, so the sum does not depend on the number of threads.
double sum_of_squares_on_cpu(const std::vector<Tensor>& tensors) {
  constexpr int64_t kBlock = 1 << 15;
  struct Block {
    const float* values;
    int64_t count;
    double sum = 0;
  };
  std::vector<Block> blocks;
  std::vector<Tensor> alive;
  for (const Tensor& tensor : tensors) {
    // Channels-last tensors are dense in memory too; anything else is copied.
    alive.push_back(tensor.is_non_overlapping_and_dense() ? tensor : tensor.contiguous());
    const float* values = alive.back().data_ptr<float>();
    for (int64_t start = 0; start < tensor.numel(); start += kBlock)
      blocks.push_back({values + start, std::min(kBlock, tensor.numel() - start)});
  }
  at::parallel_for(0, static_cast<int64_t>(blocks.size()), 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) blocks[i].sum = sum_of_squares(blocks[i].values, blocks[i].count);
  });
  double sum = 0;
  for (const Block& block : blocks) sum += block.sum;
  return sum;
}

}  // namespace

Tensor squared_gradient_norm(const std::vector<Tensor>& gradients) {
  if (gradients[0].is_cpu()) return at::scalar_tensor(sum_of_squares_on_cpu(gradients), at::kDouble);
  return at::stack(at::_foreach_norm(gradients, 2, at::kDouble)).square().sum();
}

}  // namespace massface
