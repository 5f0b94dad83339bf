#pragma once

#include "distributed/processes.h"
#include "mining/pool.h"
#include "mining/strategy.h"
#include "mining/triplets.h"

namespace massface {

// The triplets that a strategy selected from a pool, as lists.
struct MinedTriplets {
  Triplets triplets;     // ascending by (anchor, positive, negative)
  Tensor to_positive;    // float32 [T]: d(a, p)
  Tensor to_negative;    // float32 [T]: d(a, n)
  int64_t selected = 0;  // number of triplets before the limit
  int64_t dropped() const { return selected - triplets.size(); }
};

// Selects triplets from a pool. Walks the pool in tiles of rows, on all threads. The memory is a tile and at most
// max_triplets triplets per thread, and twice the triplets that are kept. If the strategy selects more than
// max_triplets, a second walk keeps a uniform sample of max_triplets without replacement, drawn with the random numbers
// of (rule.seed, rule.step). The result does not depend on the number of threads. Throws Interrupted when a signal asks
// to stop.
//
// Several processes with the same pool each search the rows of their share of the anchors (distributed/shares.h), and
// all return the triplets of all: those of one process.
MinedTriplets mine_triplets(const Pool& pool, Strategy strategy, const SelectionRule& rule, int64_t max_triplets,
                            Processes& processes);
MinedTriplets mine_triplets(const Pool& pool, Strategy strategy, const SelectionRule& rule, int64_t max_triplets);

// Returns `count` different numbers from 0 to total - 1, ascending; every set of them is equally likely.
std::vector<int64_t> sample_without_replacement(int64_t total, int64_t count, Random random);

}  // namespace massface
