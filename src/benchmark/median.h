#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace massface {

// The middle value, or the upper of the two middle values if their number is even. values: at least one.
inline double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<int64_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

}  // namespace massface
