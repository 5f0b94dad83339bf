#include "evaluation/pair_distances.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "core/error.h"
#include "kernels/unit_rows.h"

namespace massface {

PairDistances pair_distances(const Tensor& embeddings, const std::vector<IndexPair>& pairs) {
  check(embeddings.dim() == 2 && embeddings.scalar_type() == at::kFloat && embeddings.is_contiguous() &&
            embeddings.device().is_cpu(),
        "embeddings are float32 [N, D] on the CPU");
  const float* const rows = embeddings.data_ptr<float>();
  const int64_t size = embeddings.size(1);
  PairDistances distances;
  for (const IndexPair& pair : pairs) {
    const float* const a = rows + pair.first * size;
    const float* const b = rows + pair.second * size;
    double sum = 0;  // in this order and precision, so that no batch size or thread count changes a distance
    for (int64_t i = 0; i < size; ++i) sum += (double{a[i]} - b[i]) * (double{a[i]} - b[i]);
    distances.distance_squared.push_back(static_cast<float>(sum));
    distances.same.push_back(pair.same);
    distances.fold.push_back(pair.fold);
  }
  return distances;
}

PairDistances centered_pair_distances(const Tensor& embeddings, const std::vector<IndexPair>& pairs,
                                      std::optional<int64_t> left_out) {
  std::vector<int64_t> rows;
  for (const IndexPair& pair : pairs) {
    if (pair.fold != left_out) rows.insert(rows.end(), {pair.first, pair.second});
  }
  constexpr int64_t kRows = 0;
  if (rows.empty()) return centered_pair_distances(embeddings, pairs, std::nullopt);
  const Tensor mean =
      embeddings.index_select(0, at::tensor(rows, at::kLong)).mean(kRows, /*keepdim=*/true, at::kDouble);
  return pair_distances(unit_rows(embeddings - mean.to(at::kFloat)), pairs);
}

}  // namespace massface
