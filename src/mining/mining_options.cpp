#include "mining/mining_options.h"

#include "core/error.h"

namespace massface {

void MiningOptions::describe(OptionTable& table) {
  table.add_choice("strategy", strategy, strategy_names(),
                   "Which triplets are selected from the pool (docs/mining.md).");
  std::vector<std::string> later = strategy_names();
  later.insert(later.begin(), "");
  table.add_choice(
      "later_strategy", later_strategy, later,
      "The strategy from step later_from_step of the phase on; for example, batch_semi_hard first and batch_hardest "
      "later. Empty: none.");
  table.add(
      "later_from_step", later_from_step, {.min = 0, .max = 1e9},
      "The step of the phase, counted from 0, at which later_strategy takes over. With a semi-online or offline pool "
      "it takes over with the first pool or round that begins at this step or later, so a step within the last "
      "round has no effect.");
  table.add(
      "positive_quantile", positive_quantile, {.min = 0, .max = 1},
      "batch_hardest: which of an anchor's positives, by ascending distance, counts as its farthest; 1: the last. Of "
      "n positives it is the one of rank q n, rounded up, so values up to 1 - 1 / n have an effect: 0.66 takes the "
      "second of the three positives that batch.images_per_identity = 4 gives, 0.8 the fourth of five.");
  table.add(
      "negative_quantile", negative_quantile, {.min = 0, .max = 1},
      "batch_hardest: which of an anchor's negatives, by ascending distance, counts as its nearest; 0: the first. "
      "Of n negatives it skips q (n - 1), rounded down, so values from 1 / (n - 1) have an effect: 0.02 skips "
      "one of the 60 of a 16 x 4 batch, 0.01 six of a semi-online pool of 640 images.");
  table.add("max_triplets", max_triplets, {.min = 1, .max = 1e9},
            "The most triplets that are listed for a semi-online or offline pool; of more, a uniform sample is kept.");
  table.add("memory", memory, {.min = 0, .max = 1e7},
            "online: number of embeddings of earlier batches that are positives and negatives of the batch's anchors "
            "(cross-batch memory); 0: off. They are as the network embedded them then, so the network must change "
            "slowly: a low learning rate, and memory_from_step.");
  table.add("memory_from_step", memory_from_step, {.min = 0, .max = 1e9},
            "The step of the phase, counted from 0, from which on embeddings are remembered.");
  pool.describe(table);
}

bool MiningOptions::has_unused_quantile() const {
  const auto uses = [](const std::string& name) { return !name.empty() && uses_quantiles(parse_strategy(name)); };
  return !uses(strategy) && !uses(later_strategy) && (positive_quantile != 1 || negative_quantile != 0);
}

void MiningOptions::validate() const {
  pool.validate();
  require(memory == 0 || pool.pool == "online",
          "mining.memory is {}, but mining.pool is \"{}\", which is a larger pool itself", memory, pool.pool);
  require(later_strategy.empty() == (later_from_step == 0),
          "mining.later_strategy is \"{}\" and mining.later_from_step {}: a later strategy needs the step from which "
          "it is used (at least 1)",
          later_strategy, later_from_step);
  require(!has_unused_quantile(),
          "mining.positive_quantile and mining.negative_quantile belong to {0}; {1} uses no quantile of an anchor's "
          "positives "
          "and negatives. Leave them out, or choose mining.strategy = \"{0}\"",
          quantile_strategies(), later_strategy.empty() ? strategy : strategy + " and " + later_strategy);
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
