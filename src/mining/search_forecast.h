#pragma once

#include "mining/pool.h"
#include "mining/strategy.h"

namespace massface {

// Seconds that mine_triplets() will take for the pool, by a probe of its first rows on one thread: N^2 D multiply-adds
// and the strategy's questions to each row.
double forecast_search_seconds(const Pool& pool, Strategy strategy, const SelectionRule& rule);

}  // namespace massface
