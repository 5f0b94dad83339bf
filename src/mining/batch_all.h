#pragma once

#include "mining/selection_rule.h"

namespace massface {

// Selects every violating (a, p, n). "Batch all" of "In Defense of the Triplet Loss", arXiv:1703.07737, section 2.
struct BatchAll : SelectorTraits {
  static constexpr const char* kName = "batch_all";
  static constexpr bool kEmitsEveryViolating = true;

  template <class Row, class Emit>
  MASSFACE_HOST_DEVICE void operator()(const Row& row, const SelectionRule&, Emit& emit) const {
    for (int32_t i = 0; i < row.num_positives(); ++i) emit(row.positive(i), kEveryViolating);
  }
};

}  // namespace massface
