#include "mining/nearest_neighbours.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <numeric>

#include "kernels/pairwise_distances.h"
#include "kernels/share_rows.h"

namespace massface {
namespace {

constexpr int64_t kRowsAtOnce = 48;

std::vector<int64_t> nearest_of(int64_t point, const float* distances, int64_t size, int64_t count) {
  std::vector<int64_t> others(static_cast<size_t>(size));
  std::iota(others.begin(), others.end(), 0);
  others.erase(others.begin() + point);
  const auto end = others.begin() + std::min(count, size - 1);
  std::partial_sort(others.begin(), end, others.end(), [distances](int64_t a, int64_t b) {
    return std::pair(distances[a], a) < std::pair(distances[b], b);
  });
  return {others.begin(), end};
}

}  // namespace

std::vector<std::vector<int64_t>> nearest_neighbours(const Tensor& points, int64_t count) {
  const PairwiseDistances distances(points.contiguous());
  std::vector<std::vector<int64_t>> nearest(static_cast<size_t>(distances.size()));
  const auto make_tile = [&] { return AlignedFloats(kRowsAtOnce * distances.stride()); };
  share_rows(distances.size(), kRowsAtOnce, make_tile, [&](AlignedFloats& rows, int64_t begin, int64_t end) {
    distances.compute_rows(begin, end, rows.data());
    for (int64_t i = begin; i < end; ++i) {
      nearest[static_cast<size_t>(i)] =
          nearest_of(i, rows.data() + (i - begin) * distances.stride(), distances.size(), count);
    }
  });
  return nearest;
}

}  // namespace massface
