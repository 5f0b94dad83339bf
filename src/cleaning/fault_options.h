#pragma once

#include <cstdint>

#include "core/options.h"

namespace massface {

// From what on something is a fault.
struct FaultOptions {
  double max_false_share = 0.1;
  double false_relabels = 1e-2;
  double false_merges = 1e-3;
  double false_test_people = 1e-2;
  double duplicate_similarity = 0.9;
  int64_t smallest_group = 3;

  void describe(OptionTable& table);
};

}  // namespace massface
