#include "clustering/neighbour_pairs.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <tuple>

#include "core/error.h"
#include "kernels/pairwise_distances.h"
#include "model/finite_embeddings.h"

namespace massface {
namespace {

constexpr int64_t kRowsAtOnce = 64;

}  // namespace

std::vector<NeighbourPair> neighbour_pairs(const Tensor& embeddings, double threshold_cosine, int64_t most_pairs) {
  require_finite_embeddings(embeddings);
  const PairwiseDistances distances(embeddings);
  const auto limit = static_cast<float>(2 - 2 * threshold_cosine);
  std::vector<NeighbourPair> pairs;
  std::mutex adding;
  std::atomic<int64_t> found = 0;
  at::parallel_for(0, distances.size(), kRowsAtOnce, [&](int64_t begin, int64_t end) {
    std::vector<NeighbourPair> mine;
    std::vector<float> rows(static_cast<size_t>(kRowsAtOnce * distances.stride()));
    for (int64_t first = begin; first < end && found <= most_pairs; first += kRowsAtOnce) {
      const int64_t last = std::min(first + kRowsAtOnce, end);
      distances.compute_rows(first, last, rows.data());
      const size_t before = mine.size();
      for (int64_t i = first; i < last; ++i) {
        const float* row = rows.data() + (i - first) * distances.stride();
        for (int64_t j = 0; j < i; ++j) {
          if (row[j] < limit) mine.push_back({static_cast<int32_t>(j), static_cast<int32_t>(i), 1 - row[j] / 2});
        }
      }
      found += static_cast<int64_t>(mine.size() - before);
    }
    const std::lock_guard lock(adding);
    pairs.insert(pairs.end(), mine.begin(), mine.end());
  });
  require(
      found <= most_pairs,
      "more than {} pairs of {} faces are above a cosine of {:.4f}: with such a threshold most faces are one person. "
      "Choose a higher one",
      most_pairs, distances.size(), threshold_cosine);
  std::ranges::sort(pairs, {}, [](const NeighbourPair& pair) { return std::tuple(pair.first, pair.second); });
  return pairs;
}

}  // namespace massface
