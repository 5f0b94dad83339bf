#pragma once

#include <string>
#include <tuple>
#include <type_traits>
#include <vector>

#include "mining/batch_all.h"
#include "mining/batch_distance_weighted.h"
#include "mining/batch_hardest.h"
#include "mining/batch_min.h"
#include "mining/batch_random.h"
#include "mining/batch_semi_hard.h"

namespace massface {

// The registry of selectors: a new strategy is one file, and one entry in each of these two lists (docs/extending.md).
// docs/mining.md defines the strategies.
using Strategies =
    std::tuple<BatchAll, BatchRandom, BatchMinMin, BatchMinMax, BatchHardest, BatchSemiHard, BatchDistanceWeighted>;

enum class Strategy : int {
  kBatchAll,
  kBatchRandom,
  kBatchMinMin,
  kBatchMinMax,
  kBatchHardest,
  kBatchSemiHard,
  kBatchDistanceWeighted
};

template <class Selector, Strategy strategy>
constexpr bool stands_at = std::is_same_v<std::tuple_element_t<static_cast<size_t>(strategy), Strategies>, Selector>;
static_assert(stands_at<BatchAll, Strategy::kBatchAll> && stands_at<BatchRandom, Strategy::kBatchRandom> &&
                  stands_at<BatchMinMin, Strategy::kBatchMinMin> && stands_at<BatchMinMax, Strategy::kBatchMinMax> &&
                  stands_at<BatchHardest, Strategy::kBatchHardest> &&
                  stands_at<BatchSemiHard, Strategy::kBatchSemiHard> &&
                  stands_at<BatchDistanceWeighted, Strategy::kBatchDistanceWeighted>,
              "Strategies and Strategy list the selectors in the same order");
static_assert(std::tuple_size_v<Strategies> == static_cast<size_t>(Strategy::kBatchDistanceWeighted) + 1,
              "a selector is missing from Strategies, or the last of Strategy is not the one named here");

// Calls use(selector) with the strategy's selector.
template <class Use, size_t... I>
auto with_selector(Strategy strategy, Use&& use, std::index_sequence<I...>) {
  ((static_cast<size_t>(strategy) == I ? (use(std::get<I>(Strategies())), 0) : 0), ...);
}

template <class Use>
void with_selector(Strategy strategy, Use&& use) {
  with_selector(strategy, use, std::make_index_sequence<std::tuple_size_v<Strategies>>());
}

// See SelectorTraits.
bool draws_random_numbers(Strategy strategy);
bool uses_quantiles(Strategy strategy);

std::vector<std::string> strategy_names();
std::string quantile_strategies();  // the names of those that use quantiles, as in "a or b"
const std::string& strategy_name(Strategy strategy);

// Throws Error, which suggests the nearest name, if there is no such strategy.
Strategy parse_strategy(const std::string& name);

}  // namespace massface
