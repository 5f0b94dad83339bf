#include "clustering/neighbour_pairs.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <atomic>
#include <tuple>

#include "core/error.h"
#include "kernels/fold_distances.h"
#include "model/finite_embeddings.h"

namespace massface {

std::vector<NeighbourPair> neighbour_pairs(const Tensor& embeddings, double threshold_cosine, int64_t most_pairs) {
  require_finite_embeddings(embeddings);
  const PairwiseDistances distances(embeddings);
  const auto limit = static_cast<float>(2 - 2 * threshold_cosine);
  std::vector<NeighbourPair> pairs;
  std::atomic<int64_t> found = 0;
  const auto add = [&](std::vector<NeighbourPair>& mine, int64_t i, const float* row) {
    const size_t before = mine.size();
    for (int64_t j = 0; j < i; ++j) {
      if (row[j] < limit) mine.push_back({static_cast<int32_t>(j), static_cast<int32_t>(i), 1 - row[j] / 2});
    }
    found += static_cast<int64_t>(mine.size() - before);
    return found <= most_pairs;
  };
  fold_distances(distances, std::vector<NeighbourPair>(), add,
                 [&](const auto& mine) { pairs.insert(pairs.end(), mine.begin(), mine.end()); });
  require(
      found <= most_pairs,
      "more than {} pairs of {} faces are above a cosine of {:.4f}: with such a threshold most faces are one person. "
      "Choose a higher one",
      most_pairs, distances.size(), threshold_cosine);
  std::ranges::sort(pairs, {}, [](const NeighbourPair& pair) { return std::tuple(pair.first, pair.second); });
  return pairs;
}

}  // namespace massface
