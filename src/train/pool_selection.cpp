#include "train/pool_selection.h"

#include "core/error.h"
#include "core/log.h"
#include "core/stopwatch.h"
#include "mining/search_forecast.h"

namespace massface {
namespace {

using Json = nlohmann::ordered_json;

MinedTriplets mine(const PhaseContext& phase, const Tensor& embeddings, const Tensor& labels, int64_t number,
                   int64_t step) {
  const MiningOptions& mining = phase.options().mining;
  const SelectionRule rule = mining.rule(phase.options().triplet.margin, phase.seed(), number);
  const Strategy strategy = mining.strategy_at(step);
  try {
    const Pool pool(embeddings, labels);
    if (mining.pool.pool == "offline") {
      log_info("phase {}: searching {} embeddings of {} dimensions by {}: about {:.2g} s", phase.options().name,
               pool.size(), embeddings.size(1), strategy_names()[static_cast<size_t>(strategy)],
               forecast_search_seconds(pool, strategy, rule));
    }
    return mine_triplets(pool, strategy, rule, mining.max_triplets);
  } catch (const Failure& failure) {
    throw Failure(fmt::format("the pool of step {} of phase {}: {}", step + 1, phase.options().name, failure.what()));
  }
}

Json facts_of(const PhaseContext& phase, const PoolReport& report, int64_t kept, int64_t step) {
  const MiningOptions& mining = phase.options().mining;
  return {{"format", "massface-triplets-1"},
          {"strategy", strategy_names()[static_cast<size_t>(mining.strategy_at(step))]},
          {"margin", phase.options().triplet.margin},
          {"positive_quantile", mining.positive_quantile},
          {"negative_quantile", mining.negative_quantile},
          {"seed", phase.seed()},
          {"images", report.images},
          {"selected", report.selected},
          {"kept", kept},
          {"dropped", report.dropped}};
}

}  // namespace

PoolSelection select_from_pool(const PhaseContext& phase, const Tensor& embeddings, const Tensor& labels, int64_t number,
                               int64_t step) {
  const Stopwatch watch;
  MinedTriplets mined = mine(phase, embeddings, labels, number, step);
  const PoolReport report{.number = number,
                          .images = labels.size(0),
                          .selected = mined.selected,
                          .dropped = mined.dropped(),
                          .mining_milliseconds = 1e3 * watch.seconds()};
  if (report.dropped > 0) {
    log_warning("phase {}: {} triplets were selected from {} images; a uniform sample of {} is kept (mining.max_triplets)",
                phase.options().name, report.selected, report.images, mined.triplets.size());
  }
  const int64_t kept = mined.triplets.size();
  return {std::move(mined.triplets), report, facts_of(phase, report, kept, step)};
}

}  // namespace massface
