#include "pool/pool_selection.h"

#include "core/error.h"
#include "core/log.h"
#include "core/stopwatch.h"
#include "mining/approximate_search.h"
#include "mining/search_forecast.h"
#include "telemetry/divergence.h"

namespace massface {
namespace {

using Json = nlohmann::ordered_json;

MinedTriplets mine_exactly(const PhaseContext& phase, const Tensor& embeddings, const Tensor& labels, Strategy strategy,
                           const SelectionRule& rule) {
  const Pool pool(embeddings, labels);
  const MiningOptions& mining = phase.options().objective.mining;
  // Searching a semi-online pool takes milliseconds, which needs no forecast.
  if (mining.pool.pool == "offline") {
    const double seconds = forecast_search_seconds(pool, strategy, rule, mining.max_triplets) /
                           static_cast<double>(phase.setup.processes->size());
    log_info("phase {}: searching {} embeddings of {} dimensions with {}: {}", phase.options().name, pool.size(),
             embeddings.size(1), strategy_name(strategy),
             seconds < 1 ? "less than a second" : fmt::format("about {:.2g} s", seconds));
  }
  return mine_triplets(pool, strategy, rule, mining.max_triplets, *phase.setup.processes);
}

MinedTriplets mine_approximately(const PhaseContext& phase, const Tensor& embeddings, const Tensor& labels,
                                 Strategy strategy, const SelectionRule& rule) {
  const MiningOptions& mining = phase.options().objective.mining;
  log_info("phase {}: searching {} embeddings of {} dimensions with {}, among the {} nearest by an approximate index",
           phase.options().name, embeddings.size(0), embeddings.size(1), strategy_name(strategy),
           mining.pool.candidates);
  return mine_triplets_approximately(embeddings, labels, strategy, rule, mining.max_triplets, mining.pool.candidates,
                                     *phase.setup.processes);
}

MinedTriplets mine(const PhaseContext& phase, const Tensor& embeddings, const Tensor& labels, int64_t number,
                   int64_t step) {
  const MiningOptions& mining = phase.options().objective.mining;
  const SelectionRule rule = mining.rule(phase.options().objective.triplet.margin, phase.seed(), number);
  const auto search = mining.pool.approximate(labels.size(0)) ? mine_approximately : mine_exactly;
  try {
    return search(phase, embeddings, labels, mining.strategy_at(step), rule);
  } catch (const LostProcess&) {
    throw;
  } catch (const Failure& failure) {
    throw Failure(divergence_of_pool_message(phase.options().name, step + 1, failure.what()));
  }
}

Json facts_of(const PhaseContext& phase, const PoolReport& report, int64_t kept, int64_t step) {
  const MiningOptions& mining = phase.options().objective.mining;
  Json facts = {{"format", "massface-triplets-1"},
                {"strategy", strategy_name(mining.strategy_at(step))},
                {"margin", phase.options().objective.triplet.margin},
                {"positive_quantile", mining.positive_quantile},
                {"negative_quantile", mining.negative_quantile},
                // As text: a reader that parses JSON numbers as doubles would lose some of the 64 bits.
                {"seed", std::to_string(phase.seed())},
                {"random_step", report.number},
                {"search", "exact"},
                {"images", report.images},
                {"selected", report.selected},
                {"kept", kept},
                {"dropped", report.dropped}};
  if (mining.pool.approximate(report.images)) {
    facts["search"] = "approximate";
    facts["candidates"] = mining.pool.candidates;
  }
  return facts;
}

}  // namespace

PoolSelection select_from_pool(const PhaseContext& phase, const Tensor& embeddings, const Tensor& labels,
                               int64_t number, int64_t step) {
  const Stopwatch watch;
  MinedTriplets mined = mine(phase, embeddings, labels, number, step);
  const PoolReport report{.number = number,
                          .images = labels.size(0),
                          .selected = mined.selected,
                          .dropped = mined.dropped(),
                          .mining_milliseconds = 1e3 * watch.seconds()};
  if (report.dropped > 0) {
    log_warning(
        "phase {}: {} triplets were selected from {} images; a uniform sample of {} is kept (mining.max_triplets)",
        phase.options().name, report.selected, report.images, mined.triplets.size());
  }
  const int64_t kept = mined.triplets.size();
  return {std::move(mined.triplets), report, facts_of(phase, report, kept, step)};
}

}  // namespace massface
