#include "mining/nearest_others.h"

// hnswlib's hand-vectorised path prefetches with an index that it reads past the end of a full list of links.
#define NO_MANUAL_VECTORIZATION
#include <hnswlib/hnswlib.h>
#include <torch/torch.h>

#include <algorithm>
#include <map>
#include <memory>

#include "core/error.h"
#include "core/stop_signal.h"
#include "kernels/share_rows.h"
#include "kernels/tile_kernel.h"

namespace massface {
namespace {

// Rows per index. A constant, because the rows that are found depend on it.
constexpr int64_t kRowsOfIndex = 131072;
// hnswlib's M and ef_construction, chosen for the recall in 512 dimensions.
constexpr size_t kLinks = 24, kBuildCandidates = 200;

using Index = hnswlib::HierarchicalNSW<float>;

// The distance for hnswlib, computed by our kernel.
class SquaredDistance : public hnswlib::SpaceInterface<float> {
 public:
  explicit SquaredDistance(int64_t dimensions) : dimensions_(dimensions) {}

  size_t get_data_size() override { return static_cast<size_t>(dimensions_) * sizeof(float); }
  void* get_dist_func_param() override { return &dimensions_; }
  hnswlib::DISTFUNC<float> get_dist_func() override {
    return [](const void* x, const void* y, const void* dimensions) {
      return squared_difference(static_cast<const float*>(x), static_cast<const float*>(y),
                                *static_cast<const int64_t*>(dimensions));
    };
  }

 private:
  int64_t dimensions_;
};

class Indices {
 public:
  explicit Indices(const Tensor& embeddings) : embeddings_(embeddings.contiguous()), space_(embeddings.size(1)) {
    const int64_t size = embeddings_.size(0), count = (size + kRowsOfIndex - 1) / kRowsOfIndex;
    indices_.resize(static_cast<size_t>(count));
    share_rows(size, kRowsOfIndex, [&](int64_t begin, int64_t end) {
      auto index = std::make_unique<Index>(&space_, static_cast<size_t>(end - begin), kLinks, kBuildCandidates);
      for (int64_t row = begin; row < end; ++row) {
        if (stop_was_asked_for()) throw Interrupted();
        index->addPoint(point(row), static_cast<hnswlib::labeltype>(row));
      }
      indices_[static_cast<size_t>(begin / kRowsOfIndex)] = std::move(index);
    });
  }

  // To be called before find(). most: the largest `count` that it will be given.
  void set_breadth(int64_t most) {
    for (const auto& index : indices_) index->setEf(static_cast<size_t>(most));
  }

  // Returns (distance, row) of `count` rows near the given row from each index.
  std::vector<std::pair<float, int32_t>> find(int64_t row, int64_t count) const {
    std::vector<std::pair<float, int32_t>> found;
    for (const auto& index : indices_) {
      auto queue = index->searchKnn(point(row), static_cast<size_t>(count));
      for (; !queue.empty(); queue.pop()) {
        found.emplace_back(queue.top().first, static_cast<int32_t>(queue.top().second));
      }
    }
    return found;
  }

 private:
  const float* point(int64_t row) const { return embeddings_.const_data_ptr<float>() + row * embeddings_.size(1); }

  Tensor embeddings_;
  SquaredDistance space_;
  std::vector<std::unique_ptr<Index>> indices_;
};

std::map<int64_t, int64_t> images_of_identities(const Tensor& labels) {
  std::map<int64_t, int64_t> counts;
  for (int64_t i = 0; i < labels.size(0); ++i) ++counts[labels.const_data_ptr<int64_t>()[i]];
  return counts;
}

}  // namespace

NearestOthers find_nearest_others(const Tensor& embeddings, const Tensor& labels, int64_t k, Share part) {
  check(embeddings.dim() == 2 && embeddings.is_cpu() && embeddings.scalar_type() == at::kFloat && k >= 1 &&
            labels.is_contiguous(),
        "an index takes float32 [N, D] on the CPU");
  const int64_t* label = labels.const_data_ptr<int64_t>();
  const auto images = images_of_identities(labels);
  int64_t most = 0;
  for (const auto& [identity, count] : images) most = std::max(most, count);
  Indices indices(embeddings);
  indices.set_breadth(k + most);
  NearestOthers result{k, part, std::vector<int32_t>(static_cast<size_t>(part.size() * k), -1)};
  const auto find_of = [&](int64_t row) {
    // Rows of its own identity may be the nearest, so search for as many more.
    auto found = indices.find(row, k + images.at(label[row]));
    std::erase_if(found, [&](const auto& other) { return label[other.second] == label[row]; });
    const auto kept = std::min<size_t>(found.size(), static_cast<size_t>(k));
    std::ranges::partial_sort(found, found.begin() + static_cast<std::ptrdiff_t>(kept));
    int32_t* out = result.rows.data() + (row - part.begin) * k;
    for (size_t i = 0; i < kept; ++i) out[i] = found[i].second;
    std::sort(out, out + kept);
  };
  share_rows(part.size(), 16, [&](int64_t begin, int64_t end) {
    if (stop_was_asked_for()) throw Interrupted();
    for (int64_t i = begin; i < end; ++i) find_of(part.begin + i);
  });
  return result;
}

}  // namespace massface
