#include "distributed/shares.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "core/error.h"

namespace massface {

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
  int64_t largest = 0;
  for (int64_t rank = 0; rank < size; ++rank) largest = std::max(largest, share_of(total, rank, size).size());
  if (total == largest * size) return processes.gather(rows);
  std::vector<int64_t> shape = rows.sizes().vec();
  shape[0] = largest;
  Tensor padded = at::zeros(shape, rows.options());
  padded.slice(0, 0, rows.size(0)).copy_(rows);
  const Tensor all = processes.gather(padded);
  std::vector<Tensor> parts;
  for (int64_t rank = 0; rank < size; ++rank) {
    const int64_t begin = rank * largest;
    parts.push_back(all.slice(0, begin, begin + share_of(total, rank, size).size()));
  }
  return at::cat(parts);
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
