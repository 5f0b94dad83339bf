#include "mining/mining_options.h"

#include "core/error.h"

namespace massface {

void MiningOptions::describe(OptionTable& table) {
  table.add_choice("strategy", strategy, strategy_names(),
                   "Which triplets of the pool are trained on (docs/mining.md).");
  std::vector<std::string> later = strategy_names();
  later.insert(later.begin(), "");
  table.add_choice(
      "later_strategy", later_strategy, later,
      "Takes over from step later_from_step of the phase on: batch_semi_hard first and batch_hardest later, for "
      "instance. Empty: never.");
  table.add("later_from_step", later_from_step, {.min = 0},
            "The step of the phase, from 0, at which it takes over. With a semi-online or offline pool it does so with "
            "the first pool or round that begins at this step or later: in the last round, never.");
  table.add(
      "positive_quantile", positive_quantile, {.min = 0, .max = 1},
      "batch_hardest: which of an anchor's positives, by ascending distance, counts as its farthest. 1 is the last. Of "
      "n positives it is the one of rank q n, rounded up, so it acts from 1 - 1 / n down: 0.66 takes the second of "
      "the three that batch.images_per_identity = 4 gives, 0.8 the fourth of five.");
  table.add("negative_quantile", negative_quantile, {.min = 0, .max = 1},
            "batch_hardest: which of an anchor's negatives counts as its nearest. 0 is the first. Of n negatives it "
            "looks past q (n - 1), rounded down, so it acts from 1 / (n - 1) on: 0.02 looks past one of the 60 of a "
            "16 x 4 batch, 0.01 past six of a semi-online pool of 640 images.");
  table.add("max_triplets", max_triplets, {.min = 1, .max = 1e9},
            "Where triplets are listed (the semi-online and offline pools), a uniform sample of so many is kept.");
  pool.describe(table);
}

bool MiningOptions::has_unused_quantile() const {
  const auto uses = [](const std::string& name) { return !name.empty() && uses_quantiles(parse_strategy(name)); };
  return !uses(strategy) && !uses(later_strategy) && (positive_quantile != 1 || negative_quantile != 0);
}

void MiningOptions::validate() const {
  pool.validate();
  require(later_strategy.empty() == (later_from_step == 0),
          "mining.later_strategy is \"{}\" and mining.later_from_step {}: a strategy that takes over needs the step at "
          "which it does (at least 1)",
          later_strategy, later_from_step);
  require(
      !has_unused_quantile(),
      "mining.positive_quantile and mining.negative_quantile belong to {0}; {1} has no farthest positive and nearest "
      "negative to replace. Leave them out, or choose mining.strategy = \"{0}\"",
      quantile_strategies(), strategy);
}

Strategy MiningOptions::strategy_at(int64_t step) const {
  return parse_strategy(later_strategy.empty() || step < later_from_step ? strategy : later_strategy);
}

SelectionRule MiningOptions::rule(double margin, uint64_t seed, int64_t step) const {
  return {.margin = static_cast<float>(margin),
          .positive_quantile = static_cast<float>(positive_quantile),
          .negative_quantile = static_cast<float>(negative_quantile),
          .seed = seed,
          .step = static_cast<uint64_t>(step)};
}

}  // namespace massface
