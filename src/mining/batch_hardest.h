#pragma once

#include "mining/selection_rule.h"

namespace massface {

// Selects the farthest positive and the nearest negative of each anchor, violating or not. "Batch hard" of "In Defense
// of the Triplet Loss", arXiv:1703.07737, section 2. An image with a wrong label is the farthest positive of some
// anchors and the nearest negative of others; the quantiles skip such extremes.
struct BatchHardest : SelectorTraits {
  static constexpr const char* kName = "batch_hardest";
  static constexpr bool kUsesQuantiles = true;

  template <class Row, class Emit>
  MASSFACE_HOST_DEVICE void operator()(const Row& row, const SelectionRule& rule, Emit& emit) const {
    if (row.num_positives() == 0 || row.num_negatives() == 0) return;
    const auto last = static_cast<float>(row.num_negatives() - 1);
    const auto rank = static_cast<int32_t>(rule.negative_quantile * last);
    emit(positive_at(row, rule.positive_quantile),
         rank == 0 ? row.nearest_negative(-1.0f, kBeyond).position : negative_of_rank(row, rank));
  }

 private:
  // Returns the nearest-rank quantile of the positives' distances; of equally distant positives, the lowest position.
  template <class Row>
  static MASSFACE_HOST_DEVICE int32_t positive_at(const Row& row, float quantile) {
    const int32_t count = row.num_positives();
    auto rank = static_cast<int32_t>(quantile * static_cast<float>(count));
    if (static_cast<float>(rank) < quantile * static_cast<float>(count)) ++rank;
    rank = rank < 1 ? 1 : rank > count ? count : rank;  // from 1
    int32_t chosen = -1;
    for (int32_t i = 0; i < count; ++i) {
      const int32_t candidate = row.positive(i);
      const float distance = row.distance(candidate);
      if (rank == count) {  // the farthest: one pass
        if (chosen < 0 || distance > row.distance(chosen)) chosen = candidate;
        continue;
      }
      int32_t below = 0, equal = 0;
      for (int32_t j = 0; j < count; ++j) {
        const float other = row.distance(row.positive(j));
        below += other < distance ? 1 : 0;
        equal += other == distance ? 1 : 0;
      }
      if (below < rank && rank <= below + equal) return candidate;
    }
    return chosen;
  }

  // Returns the negative with `rank` (from 0) others before it in ascending distance. Its distance is found bit by bit:
  // floats of 0 and above are ordered like their bit patterns.
  template <class Row>
  static MASSFACE_HOST_DEVICE int32_t negative_of_rank(const Row& row, int32_t rank) {
    uint32_t bits = 0;  // the largest float with no more than `rank` negatives below it
    for (uint32_t bit = 1u << 30; bit != 0; bit >>= 1) {
      if (row.count_negatives_below(float_of(bits | bit)) <= rank) bits |= bit;
    }
    return row.nearest_negative(bits == 0 ? -1.0f : float_of(bits - 1), float_of(bits + 1)).position;
  }

  static MASSFACE_HOST_DEVICE float float_of(uint32_t bits) {
    union {
      uint32_t from;
      float to;
    } pun{bits};
    return pun.to;
  }
};

}  // namespace massface
