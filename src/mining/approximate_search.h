#pragma once

#include "mining/mine_triplets.h"

namespace massface {

// mine_triplets() for pools that are too large to look at every pair. Each anchor's row has its own identity and its
// `candidates` nearest images of other identities by an approximate index (mining/nearest_others.h), at distances
// computed from the differences. The same selectors run on these rows, so a strategy selects what it would select from
// a pool of these images (docs/mining.md lists what each strategy misses). Takes O(N (candidates D + log N)) time;
// memory is that of the index, 2 KB per row of 512 dimensions and 4 bytes per candidate. The result does not depend on
// the number of threads. Several processes share
// the anchors as mine_triplets() does; each builds the whole index.
//
// embeddings: float32 [N, D], on the CPU. labels: int64 [N], any values in any order. Throws Failure if an embedding is
// not finite, and Interrupted when a signal asks to stop.
MinedTriplets mine_triplets_approximately(const Tensor& embeddings, const Tensor& labels, Strategy strategy,
                                          const SelectionRule& rule, int64_t max_triplets, int64_t candidates,
                                          Processes& processes);

}  // namespace massface
