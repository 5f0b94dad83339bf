#include "distributed/shares.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <numeric>
#include <vector>

#include "core/error.h"

namespace massface {
namespace {

// sizes: the number of rows of each process.
Tensor gather_padded(Processes& processes, const Tensor& rows, const std::vector<int64_t>& sizes) {
  const int64_t largest = std::ranges::max(sizes);
  if (std::ranges::min(sizes) == largest) return processes.gather(rows);
  std::vector<int64_t> shape = rows.sizes().vec();
  shape[0] = largest;
  Tensor padded = at::zeros(shape, rows.options());
  padded.slice(0, 0, rows.size(0)).copy_(rows);
  const Tensor all = processes.gather(padded);
  std::vector<Tensor> parts;
  for (size_t rank = 0; rank < sizes.size(); ++rank) {
    const int64_t begin = static_cast<int64_t>(rank) * largest;
    parts.push_back(all.slice(0, begin, begin + sizes[rank]));
  }
  return at::cat(parts);
}

}  // namespace

Share share_of(int64_t total, int64_t rank, int64_t size) {
  check(size >= 1 && rank >= 0 && rank < size, "a rank is in [0, size)");
  const int64_t parts = std::clamp<int64_t>(total / kLeastShare, 1, size);
  if (rank >= parts) return {total, total};
  return {total * rank / parts, total * (rank + 1) / parts};
}

Tensor gather_shares(Processes& processes, const Tensor& rows, int64_t total) {
  const int64_t size = processes.size();
  check(rows.size(0) == share_of(total, processes).size(), "a process gathers its own share");
  if (size == 1) return rows;
  std::vector<int64_t> sizes;
  for (int64_t rank = 0; rank < size; ++rank) sizes.push_back(share_of(total, rank, size).size());
  return gather_padded(processes, rows, sizes);
}

Tensor gather_uneven(Processes& processes, const Tensor& rows) {
  if (processes.size() == 1) return rows;
  const Tensor sizes = processes.gather(at::tensor({rows.size(0)}, at::kLong));
  const auto* begin = sizes.const_data_ptr<int64_t>();
  if (std::accumulate(begin, begin + sizes.numel(), int64_t{0}) == 0) return rows;
  return gather_padded(processes, rows, {begin, begin + sizes.numel()});
}

std::vector<double> sum_of(Processes& processes, const std::vector<Tensor>& numbers) {
  std::vector<Tensor> doubles;
  for (const Tensor& number : numbers) doubles.push_back(number.detach().to(at::kCPU, at::kDouble));
  const Tensor sums = at::stack(doubles);
  processes.sum(sums);
  const double* first = sums.const_data_ptr<double>();
  return {first, first + sums.numel()};
}

}  // namespace massface
