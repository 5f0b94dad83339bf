#pragma once

#include <string>
#include <tuple>
#include <vector>

#include "mining/batch_all.h"
#include "mining/batch_hardest.h"
#include "mining/batch_min.h"
#include "mining/batch_random.h"
#include "mining/batch_semi_hard.h"

namespace massface {

// The registry: a new strategy is one file and one entry here. docs/mining.md defines them.
using Strategies = std::tuple<BatchAll, BatchRandom, BatchMinMin, BatchMinMax, BatchHardest, BatchSemiHard>;

enum class Strategy : int { kBatchAll, kBatchRandom, kBatchMinMin, kBatchMinMax, kBatchHardest, kBatchSemiHard };

// Calls use(selector) with the strategy's selector.
template <class Use, size_t... I>
auto with_selector(Strategy strategy, Use&& use, std::index_sequence<I...>) {
  ((static_cast<size_t>(strategy) == I ? (use(std::get<I>(Strategies())), 0) : 0), ...);
}

template <class Use>
void with_selector(Strategy strategy, Use&& use) {
  with_selector(strategy, use, std::make_index_sequence<std::tuple_size_v<Strategies>>());
}

std::vector<std::string> strategy_names();
Strategy parse_strategy(const std::string& name);  // throws Error for an unknown one

}  // namespace massface
