#pragma once

#include "mining/mine_triplets.h"

namespace massface {

// mine_triplets() for pools too large to look at every pair: each anchor's row holds its own identity and its
// `candidates` nearest others of an approximate index (mining/nearest_others.h), at distances that are computed from
// the differences. The same selectors run on it, so a strategy selects what it would from a pool of these
// (docs/mining.md says what each misses). O(N (candidates D + log N)) time; memory is that of the index, 2 KB a row of
// 512 dimensions and 4 bytes a candidate. The same on any number of threads.
//
// embeddings: float32 [N, D], on the CPU. labels: int64 [N], any values in any order. Throws Failure where an embedding
// is not finite, and Interrupted when a signal asks to stop.
MinedTriplets mine_triplets_approximately(const Tensor& embeddings, const Tensor& labels, Strategy strategy,
                                          const SelectionRule& rule, int64_t max_triplets, int64_t candidates);

}  // namespace massface
