#include "mining/approximate_search.h"

#include <torch/torch.h>

#include <algorithm>
#include <limits>
#include <map>
#include <span>

#include "core/stop_signal.h"
#include "distributed/agreement.h"
#include "kernels/share_rows.h"
#include "kernels/tile_kernel.h"
#include "mining/nearest_others.h"
#include "mining/row_walk.h"

namespace massface {
namespace {

class CandidateRows {
 public:
  CandidateRows(const Tensor& embeddings, const Tensor& labels, int64_t candidates, Share anchors)
      : embeddings_(embeddings.contiguous()),
        labels_(labels.contiguous()),
        others_(find_nearest_others(embeddings_, labels_, candidates, anchors)) {
    for (int64_t i = 0; i < size(); ++i) own_[label(i)].push_back(static_cast<int32_t>(i));
  }

  int64_t size() const { return labels_.size(0); }

  // anchors: at most those that the constructor was given.
  void for_each_row(Share anchors, const std::function<void(const WalkedRow&)>& use) const {
    const auto make_row = [] { return Row(); };
    share_rows(anchors.size(), 1, make_row, [&](Row& row, int64_t i, int64_t) {
      const int64_t anchor = anchors.begin + i;
      if (stop_was_asked_for()) throw Interrupted();
      gather(anchor, row);
      const RowView view{row.distances.data(), row.identities.data(), static_cast<int64_t>(row.distances.size()), kOwn};
      const PoolRow pool_row(row.anchor_place, view, row.own_places, static_cast<int64_t>(row.positions.size()));
      use({anchor, pool_row, row.positions.data()});
    });
  }

 private:
  static constexpr int32_t kOwn = 0, kOther = 1, kPadding = -1;

  // The images that an anchor is compared with: its identity and its candidates. A place is an index into these lists.
  // Places ascend by position in the pool, so that ties are broken as in the whole pool.
  struct Row {
    std::vector<int32_t> positions, identities, own_places;
    std::vector<float> distances;
    int64_t anchor_place = 0;
  };

  void gather(int64_t anchor, Row& row) const {
    const std::vector<int32_t>& own = own_.at(label(anchor));
    const std::span others(others_.of(anchor), static_cast<size_t>(others_.k));
    const auto found = std::find(others.begin(), others.end(), -1);
    row.positions.resize(own.size() + static_cast<size_t>(found - others.begin()));
    std::merge(own.begin(), own.end(), others.begin(), found, row.positions.begin());
    const size_t padded = (row.positions.size() + kRowAlignment - 1) / kRowAlignment * kRowAlignment;
    row.identities.assign(padded, kPadding);
    row.distances.assign(padded, std::numeric_limits<float>::infinity());
    row.own_places.clear();
    for (size_t place = 0; place < row.positions.size(); ++place) {
      const int32_t position = row.positions[place];
      const bool is_own = label(position) == label(anchor);
      row.identities[place] = is_own ? kOwn : kOther;
      row.distances[place] = distance(anchor, position);
      if (position == anchor) row.anchor_place = static_cast<int64_t>(place);
      if (is_own) row.own_places.push_back(static_cast<int32_t>(place));
    }
  }

  int64_t label(int64_t i) const { return labels_.const_data_ptr<int64_t>()[i]; }

  float distance(int64_t i, int64_t j) const {
    const int64_t dimensions = embeddings_.size(1);
    const float* points = embeddings_.const_data_ptr<float>();
    return squared_difference(points + i * dimensions, points + j * dimensions, dimensions);
  }

  Tensor embeddings_, labels_;
  NearestOthers others_;
  std::map<int64_t, std::vector<int32_t>> own_;  // positions of each identity, ascending
};

}  // namespace

MinedTriplets mine_triplets_approximately(const Tensor& embeddings, const Tensor& labels, Strategy strategy,
                                          const SelectionRule& rule, int64_t max_triplets, int64_t candidates,
                                          Processes& processes) {
  require_finite(embeddings);
  const CandidateRows rows = together(
      processes, [&] { return CandidateRows(embeddings, labels, candidates, share_of(labels.size(0), processes)); });
  return mine_rows({rows.size(), [&](Share anchors, const auto& use) { rows.for_each_row(anchors, use); }}, strategy,
                   rule, max_triplets, processes);
}

}  // namespace massface
