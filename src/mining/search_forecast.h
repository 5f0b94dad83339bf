#pragma once

#include "mining/pool.h"
#include "mining/strategy.h"

namespace massface {

// Seconds that mine_triplets() will take for the pool, by probes of some of its rows on one thread: N^2 D
// multiply-adds, the strategy's questions to each row, a second walk where more than max_triplets are selected, and the
// lists.
double forecast_search_seconds(const Pool& pool, Strategy strategy, const SelectionRule& rule, int64_t max_triplets);

}  // namespace massface
