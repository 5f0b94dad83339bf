#pragma once

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <vector>

namespace massface {

// Numbers 0 .. size - 1 in sets that only grow together (union-find, with path halving). The representative of a set is
// its smallest number.
class SetsOfEquals {
 public:
  explicit SetsOfEquals(int64_t size) : parent_(static_cast<size_t>(size)) {
    std::iota(parent_.begin(), parent_.end(), 0);
  }

  int64_t representative(int64_t i) {
    while (parent(i) != i) i = parent(i) = parent(parent(i));
    return i;
  }
  void join(int64_t a, int64_t b) {
    a = representative(a);
    b = representative(b);
    if (a != b) parent(std::max(a, b)) = std::min(a, b);
  }

 private:
  int64_t& parent(int64_t i) { return parent_[static_cast<size_t>(i)]; }

  std::vector<int64_t> parent_;
};

}  // namespace massface
