#pragma once

#include "mining/selection_rule.h"

namespace massface {

// Selects one violating negative for each positive pair that has any, uniformly at random. The choice is a function of
// (seed, step, a, p) and of the distances; it does not depend on the device or on the order of the rows.
struct BatchRandom : SelectorTraits {
  static constexpr const char* kName = "batch_random";
  static constexpr bool kDrawsRandomNumbers = true;

  template <class Row, class Emit>
  MASSFACE_HOST_DEVICE void operator()(const Row& row, const SelectionRule& rule, Emit& emit) const {
    for (int32_t i = 0; i < row.num_positives(); ++i) {
      const int32_t positive = row.positive(i);
      const float bound = violation_bound(row.distance(positive), rule.margin);
      const int32_t count = row.count_negatives_below(bound);
      if (count == 0) continue;
      Random random(rule.seed, RandomStream::kTripletChoice, rule.step, static_cast<uint32_t>(row.anchor()));
      const auto k = random.seek(static_cast<uint32_t>(positive)).below(static_cast<uint64_t>(count));
      emit(positive, row.negative_below(bound, static_cast<int32_t>(k)));
    }
  }
};

}  // namespace massface
