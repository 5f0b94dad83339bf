#include "kernels/prelu.h"

#include <torch/torch.h>

#include <algorithm>
#include <vector>

#include "kernels/prelu_kernel.h"

namespace massface {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

bool kernel_takes(const Tensor& x, const Tensor& slope) {
  return x.is_cpu() && x.scalar_type() == at::kFloat && slope.scalar_type() == at::kFloat && x.dim() == 4 &&
         x.is_contiguous(at::MemoryFormat::ChannelsLast) && slope.is_contiguous() && slope.numel() == x.size(1);
}

int64_t num_rows(const Tensor& x) { return x.size(0) * x.size(2) * x.size(3); }

// The number of rows per task: about a quarter megabyte of x, so that x and its gradients stay in the second-level
// cache. It is a function of the shape alone, which makes the order of the slope's sums independent of the threads.
int64_t rows_per_block(int64_t channels) { return std::max<int64_t>(1, 65536 / channels); }

void forward_into(const Tensor& x, const Tensor& slope, Tensor& y) {
  const int64_t channels = x.size(1);
  if (x.numel() == 0) return;
  const float* from = x.const_data_ptr<float>();
  const float* slopes = slope.const_data_ptr<float>();
  float* to = y.mutable_data_ptr<float>();
  at::parallel_for(0, num_rows(x), rows_per_block(channels), [=](int64_t begin, int64_t end) {
    prelu_forward_rows(from + begin * channels, slopes, to + begin * channels, end - begin, channels);
  });
}

// Adds the blocks' sums in the order of the blocks.
Tensor sum_of_blocks(const std::vector<float>& sums, int64_t num_blocks, int64_t channels) {
  std::vector<double> total(channels, 0.0);
  for (int64_t block = 0; block < num_blocks; ++block) {
    for (int64_t c = 0; c < channels; ++c) total[c] += sums[block * channels + c];
  }
  Tensor result = at::empty({channels}, at::kFloat);
  std::ranges::transform(total, result.mutable_data_ptr<float>(), [](double sum) { return static_cast<float>(sum); });
  return result;
}

std::pair<Tensor, Tensor> backward_of(const Tensor& x, const Tensor& slope, const Tensor& dy) {
  const int64_t channels = x.size(1);
  const int64_t rows = num_rows(x);
  const int64_t block_rows = rows_per_block(channels);
  const int64_t num_blocks = (rows + block_rows - 1) / block_rows;
  Tensor dx = at::empty(x.sizes(), x.options(), at::MemoryFormat::ChannelsLast);
  std::vector<float> sums(num_blocks * channels, 0.0f);

  const float* values = x.const_data_ptr<float>();
  const float* slopes = slope.const_data_ptr<float>();
  const float* gradients = dy.const_data_ptr<float>();
  float* out = dx.mutable_data_ptr<float>();
  at::parallel_for(0, num_blocks, 1, [&](int64_t begin, int64_t end) {
    for (int64_t block = begin; block < end; ++block) {
      const int64_t first = block * block_rows;
      const int64_t at = first * channels;
      prelu_backward_rows(values + at, slopes, gradients + at, out + at, sums.data() + block * channels,
                          std::min(block_rows, rows - first), channels);
    }
  });
  return {dx, sum_of_blocks(sums, num_blocks, channels)};
}

struct PReluFunction : torch::autograd::Function<PReluFunction> {
  static Tensor forward(AutogradContext* context, const Tensor& x, const Tensor& slope) {
    context->save_for_backward({x, slope});
    Tensor y = at::empty(x.sizes(), x.options(), at::MemoryFormat::ChannelsLast);
    forward_into(x, slope, y);
    return y;
  }

  static tensor_list backward(AutogradContext* context, tensor_list gradients) {
    const auto saved = context->get_saved_variables();
    const Tensor dy = gradients[0].contiguous(at::MemoryFormat::ChannelsLast);
    const auto [dx, dslope] = backward_of(saved[0], saved[1], dy);
    return {dx, dslope};
  }
};

}  // namespace

Tensor prelu(const Tensor& x, const Tensor& slope) {
  if (kernel_takes(x, slope)) return PReluFunction::apply(x, slope);
  return at::prelu(x, slope.to(x.scalar_type()));
}

void prelu_in_place(Tensor& x, const Tensor& slope) {
  const at::NoGradGuard no_grad;
  if (kernel_takes(x, slope)) {
    forward_into(x, slope, x);
  } else {
    x.copy_(at::prelu(x, slope.to(x.scalar_type())));
  }
}

}  // namespace massface
