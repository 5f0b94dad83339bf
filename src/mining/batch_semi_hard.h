#pragma once

#include "mining/selection_rule.h"

namespace massface {

// Selects, for each positive pair, the nearest violating negative that is farther than the positive, if there is one.
// "FaceNet", arXiv:1503.03832, section 3.2, "semi-hard".
struct BatchSemiHard : SelectorTraits {
  static constexpr const char* kName = "batch_semi_hard";

  template <class Row, class Emit>
  MASSFACE_HOST_DEVICE void operator()(const Row& row, const SelectionRule& rule, Emit& emit) const {
    for (int32_t i = 0; i < row.num_positives(); ++i) {
      const int32_t positive = row.positive(i);
      const float distance = row.distance(positive);
      const Neighbour negative = row.nearest_negative(distance, violation_bound(distance, rule.margin));
      if (negative.position >= 0) emit(positive, negative.position);
    }
  }
};

}  // namespace massface
