#include "mining/search_forecast.h"

#include <torch/torch.h>

#include <algorithm>

#include "core/stopwatch.h"

namespace massface {
namespace {

// As many as mine_triplets() takes at once, at least.
constexpr int64_t kProbedRows = 48;

// Asks what counting asks; keeps nothing.
struct CountChoices {
  const PoolRow& row;
  float margin;
  int64_t count = 0;

  void operator()(int32_t positive, int32_t negative) {
    count +=
        negative == kEveryViolating ? row.count_negatives_below(violation_bound(row.distance(positive), margin)) : 1;
  }
};

}  // namespace

double forecast_search_seconds(const Pool& pool, Strategy strategy, const SelectionRule& rule) {
  const int64_t probed = std::min(kProbedRows, pool.size());
  AlignedFloats rows(probed * pool.distances().stride());
  const Stopwatch watch;
  pool.distances().compute_rows(0, probed, rows.data());
  for (int64_t anchor = 0; anchor < probed; ++anchor) {
    const PoolRow row = pool.row(anchor, rows.data() + anchor * pool.distances().stride());
    CountChoices choices{row, rule.margin};
    with_selector(strategy, [&](auto selector) { selector(row, rule, choices); });
  }
  const double seconds_per_row = watch.seconds() / static_cast<double>(probed);
  return seconds_per_row * static_cast<double>(pool.size()) / at::get_num_threads();
}

}  // namespace massface
