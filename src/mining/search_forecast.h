#pragma once

#include "mining/pool.h"
#include "mining/strategy.h"

namespace massface {

// Estimates the seconds that mine_triplets() will take for the pool, from probes of some of its rows on one thread.
// Includes N^2 D multiply-adds, the strategy's queries to each row, a second walk if more than max_triplets are
// selected, and the lists.
double forecast_search_seconds(const Pool& pool, Strategy strategy, const SelectionRule& rule, int64_t max_triplets);

}  // namespace massface
