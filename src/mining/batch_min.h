#pragma once

#include "mining/selection_rule.h"

namespace massface {

// Selects the anchor's nearest negative and one of the positives that it violates with. If the nearest negative
// violates with no positive, no negative does. Of equally distant positives, the one with the lowest position is
// selected.
template <bool kFarthest>
struct BatchMin : SelectorTraits {
  template <class Row, class Emit>
  MASSFACE_HOST_DEVICE void operator()(const Row& row, const SelectionRule& rule, Emit& emit) const {
    const Neighbour negative = row.nearest_negative(-1.0f, kBeyond);
    if (negative.position < 0) return;
    Neighbour chosen{-1, 0};
    for (int32_t i = 0; i < row.num_positives(); ++i) {
      const int32_t positive = row.positive(i);
      const float distance = row.distance(positive);
      if (!(negative.distance < violation_bound(distance, rule.margin))) continue;
      const bool better = kFarthest ? distance > chosen.distance : distance < chosen.distance;
      if (chosen.position < 0 || better) chosen = {positive, distance};
    }
    if (chosen.position >= 0) emit(chosen.position, negative.position);
  }
};

// Selects the nearest of those positives.
struct BatchMinMin : BatchMin<false> {
  static constexpr const char* kName = "batch_min_min";
};

// Selects the farthest of those positives.
struct BatchMinMax : BatchMin<true> {
  static constexpr const char* kName = "batch_min_max";
};

}  // namespace massface
