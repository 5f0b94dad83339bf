#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/tensor.h"
#include "kernels/pairwise_distances.h"
#include "kernels/row_search.h"
#include "mining/selection_rule.h"

namespace massface {

// The distances of an anchor, with the queries that selectors use (mining/selection_rule.h).
class PoolRow {
 public:
  // own_positions: the positions of the anchor's identity in ascending order, including the anchor's own.
  PoolRow(int64_t anchor, const RowView& view, std::span<const int32_t> own_positions, int64_t pool_size)
      : anchor_(static_cast<int32_t>(anchor)), view_(view), own_(own_positions), pool_size_(pool_size) {
    while (own_[static_cast<size_t>(own_rank_)] != anchor_) ++own_rank_;
  }

  int32_t anchor() const { return anchor_; }
  int32_t num_positives() const { return static_cast<int32_t>(own_.size()) - 1; }
  int32_t positive(int32_t i) const { return own_[static_cast<size_t>(i < own_rank_ ? i : i + 1)]; }
  float distance(int32_t position) const { return view_.distances[position]; }
  int32_t num_negatives() const { return static_cast<int32_t>(pool_size_ - static_cast<int64_t>(own_.size())); }
  Neighbour nearest_negative(float above, float below) const {
    const FoundPosition found = nearest_other(view_, above, below);
    return {found.position, found.distance};
  }
  int32_t count_negatives_below(float bound) const { return static_cast<int32_t>(count_others_below(view_, bound)); }
  int32_t negative_below(float bound, int32_t k) const { return other_below(view_, bound, k); }

  bool is_negative(int64_t position) const { return view_.identities[position] != view_.own; }
  int64_t pool_size() const { return pool_size_; }
  const RowView& view() const { return view_; }

 private:
  int32_t anchor_;
  RowView view_;
  std::span<const int32_t> own_;
  int32_t own_rank_ = 0;
  int64_t pool_size_;
};

// Embeddings on the CPU with their identities. Provides their distances, and rows of distances for the selectors.
class Pool {
 public:
  // embeddings: float32 [B, D]. labels: int64 [B], any values in any order. Throws Failure if an embedding is not
  // finite: ordering by such distances would select triplets at random.
  Pool(const Tensor& embeddings, const Tensor& labels);

  int64_t size() const { return distances_.size(); }
  const PairwiseDistances& distances() const { return distances_; }

  // distances: the anchor's, in the layout of distances(); they must outlive the row.
  PoolRow row(int64_t anchor, const float* distances) const;

  // The number of triplets (a, p, n) with a and p of one identity and n of another.
  int64_t num_valid_triplets() const;

 private:
  PairwiseDistances distances_;
  std::vector<int32_t> identities_;  // numbered from 0; padded to a row's stride
  std::vector<int32_t> positions_;   // grouped by identity, ascending within one
  std::vector<int64_t> first_;       // each identity's start in positions_; one more at the end
};

// Throws Failure, which states the number of rows, if any row has a value that is not finite. The caller adds where the
// embeddings come from and what to do. embeddings: any float type, any device.
void require_finite(const Tensor& embeddings);

}  // namespace massface
