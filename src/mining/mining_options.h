#pragma once

#include <string>

#include "core/options.h"
#include "mining/pool_options.h"
#include "mining/strategy.h"

namespace massface {

// How triplets are selected; see docs/mining.md.
struct MiningOptions {
  std::string strategy = "batch_hardest";
  std::string later_strategy;
  int64_t later_from_step = 0;
  double positive_quantile = 1;
  double negative_quantile = 0;
  int64_t max_triplets = 10'000'000;
  int64_t memory = 0;  // embeddings of earlier batches
  int64_t memory_from_step = 0;
  PoolOptions pool;

  void describe(OptionTable& table);

  // Returns true if a quantile is set although neither strategy has a farthest positive or a nearest negative to
  // replace.
  bool has_unused_quantile() const;

  // Throws Error for options that do not fit together.
  void validate() const;

  // Returns the strategy at a step of the phase, counted from 0.
  Strategy strategy_at(int64_t step) const;

  // margin: the margin of the loss. seed and step determine the random numbers.
  SelectionRule rule(double margin, uint64_t seed, int64_t step) const;
};

}  // namespace massface
