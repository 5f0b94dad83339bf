#include "cleaning/similarity_search.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "core/error.h"
#include "core/stop_signal.h"
#include "kernels/matrix_product.h"
#include "kernels/pairwise_distances.h"
#include "kernels/share_rows.h"

namespace massface {
namespace {

constexpr int64_t kQueriesAtOnce = 384, kPointsAtOnce = 48;

MostSimilar most_similar_of(const float* similarities, const std::vector<int64_t>& labels, int64_t own) {
  MostSimilar best;
  for (size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] == own || (best.point >= 0 && similarities[i] <= best.similarity)) continue;
    best = {static_cast<int64_t>(i), similarities[i]};
  }
  return best;
}

// distances: of `row` to all points, squared.
std::vector<SimilarPair> later_pairs(const float* distances, int64_t row, int64_t size, float most_distance,
                                     int64_t most) {
  std::vector<SimilarPair> pairs;
  for (int64_t i = row + 1; i < size; ++i) {
    if (distances[i] <= most_distance) pairs.push_back({row, i, 1 - distances[i] / 2});
  }
  if (std::ssize(pairs) > most) {
    std::ranges::stable_sort(pairs, std::ranges::greater(), &SimilarPair::similarity);
    pairs.resize(static_cast<size_t>(most));
    std::ranges::sort(pairs, {}, &SimilarPair::second);
  }
  return pairs;
}

}  // namespace

std::vector<MostSimilar> most_similar(const Tensor& queries, const std::vector<int64_t>& query_labels,
                                      const Tensor& points, const std::vector<int64_t>& point_labels) {
  check(queries.size(0) == std::ssize(query_labels) && points.size(0) == std::ssize(point_labels),
        "every row has a label");
  const Tensor rows = queries.contiguous(), columns = points.t().contiguous();
  const int64_t count = points.size(0), dimensions = points.size(1);
  std::vector<MostSimilar> found(query_labels.size());
  if (count == 0) return found;
  std::vector<float> product(static_cast<size_t>(kQueriesAtOnce * count));
  for (int64_t begin = 0; begin < rows.size(0); begin += kQueriesAtOnce) {
    if (stop_was_asked_for()) throw Interrupted();
    const int64_t size = std::min(kQueriesAtOnce, rows.size(0) - begin);
    multiply_matrices({rows.const_data_ptr<float>() + begin * dimensions, dimensions},
                      {columns.const_data_ptr<float>(), count}, size, dimensions, count, product.data(), count);
    share_rows(size, 8, [&](int64_t first, int64_t end) {
      for (int64_t i = first; i < end; ++i) {
        const auto query = static_cast<size_t>(begin + i);
        found[query] = most_similar_of(product.data() + i * count, point_labels, query_labels[query]);
      }
    });
  }
  return found;
}

std::vector<SimilarPair> similar_pairs(const Tensor& points, double similarity, int64_t most) {
  if (points.size(0) == 0) return {};
  const PairwiseDistances distances(points.contiguous());
  const auto most_distance = static_cast<float>(2 - 2 * similarity);
  std::vector<std::vector<SimilarPair>> pairs_of_row(static_cast<size_t>(distances.size()));
  const auto make_tile = [&] { return AlignedFloats(kPointsAtOnce * distances.stride()); };
  share_rows(distances.size(), kPointsAtOnce, make_tile, [&](AlignedFloats& rows, int64_t begin, int64_t end) {
    if (stop_was_asked_for()) throw Interrupted();
    distances.compute_rows(begin, end, rows.data());
    for (int64_t i = begin; i < end; ++i) {
      pairs_of_row[static_cast<size_t>(i)] =
          later_pairs(rows.data() + (i - begin) * distances.stride(), i, distances.size(), most_distance, most);
    }
  });
  std::vector<SimilarPair> pairs;
  for (const auto& of_row : pairs_of_row) pairs.insert(pairs.end(), of_row.begin(), of_row.end());
  return pairs;
}

}  // namespace massface
