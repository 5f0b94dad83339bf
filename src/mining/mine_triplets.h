#pragma once

#include "mining/pool.h"
#include "mining/strategy.h"
#include "mining/triplets.h"

namespace massface {

// What a strategy selected from a pool, as lists.
struct MinedTriplets {
  Triplets triplets;     // ascending by (anchor, positive, negative)
  Tensor to_positive;    // float32 [T]: d(a, p)
  Tensor to_negative;    // float32 [T]: d(a, n)
  int64_t selected = 0;  // before the limit
  int64_t dropped() const { return selected - triplets.size(); }
};

// Walks the pool by tiles of rows, on all threads; memory is a tile a thread and at the
// most max_triplets triplets a thread, and twice those that are kept. Where the strategy
// selects more than max_triplets, a uniform sample of so many without replacement is kept, by the random numbers of
// (rule.seed, rule.step), by a second walk. The set does not depend on the threads. Throws Interrupted when a signal
// asks to stop.
MinedTriplets mine_triplets(const Pool& pool, Strategy strategy, const SelectionRule& rule, int64_t max_triplets);

// `count` of the numbers 0 .. total - 1, ascending, every set of them equally likely.
std::vector<int64_t> sample_without_replacement(int64_t total, int64_t count, Random random);

}  // namespace massface
