#include "mining/search_forecast.h"

#include <torch/torch.h>

#include <algorithm>

#include "core/stopwatch.h"
#include "mining/row_choices.h"

namespace massface {
namespace {

// At least as many rows as mine_triplets() takes at once, from several places, since identities differ in size.
constexpr int64_t kRowsOfProbe = 48;
constexpr int64_t kProbes = 3;

struct Probe {
  int64_t rows = 0, triplets = 0, listed = 0;
  double walk_seconds = 0, list_seconds = 0;  // without lists, and the additional time that lists take
};

void probe_rows(const Pool& pool, int64_t first, Strategy strategy, const SelectionRule& rule, int64_t max_triplets,
                Probe& probe) {
  const int64_t count = std::min(kRowsOfProbe, pool.size() - first), stride = pool.distances().stride();
  AlignedFloats rows(count * stride);
  const auto choose_all = [&](int64_t most) {
    const Stopwatch watch;
    for (int64_t i = 0; i < count; ++i) {
      const PoolRow row = pool.row(first + i, rows.data() + i * stride);
      const WalkedRow walked{first + i, row};
      RowChoices choices(walked, rule.margin, most);
      choose(walked, strategy, rule, choices);
      (most == 0 ? probe.triplets : probe.listed) +=
          most == 0 ? choices.count() : static_cast<int64_t>(choices.take_list().size());
    }
    return watch.seconds();
  };
  const Stopwatch watch;
  pool.distances().compute_rows(first, first + count, rows.data());
  const double distances = watch.seconds(), counting = choose_all(0);
  probe.rows += count;
  probe.walk_seconds += distances + counting;
  probe.list_seconds += std::max(choose_all(std::max<int64_t>(max_triplets / pool.size(), 1)) - counting, 0.0);
}

}  // namespace

double forecast_search_seconds(const Pool& pool, Strategy strategy, const SelectionRule& rule, int64_t max_triplets) {
  if (pool.size() == 0) return 0;
  Probe probe;
  for (int64_t i = 0; i < kProbes; ++i) {
    if (const int64_t first = i * pool.size() / kProbes; i == 0 || first >= i * kRowsOfProbe) {
      probe_rows(pool, first, strategy, rule, max_triplets, probe);
    }
  }
  const double scale = static_cast<double>(pool.size()) / static_cast<double>(probe.rows);
  const double triplets = scale * static_cast<double>(probe.triplets), limit = static_cast<double>(max_triplets);
  const double walks = triplets > limit ? 2 : 1;
  const double list_seconds =
      probe.listed == 0 ? 0 : probe.list_seconds / static_cast<double>(probe.listed) * std::min(triplets, limit);
  return (walks * scale * probe.walk_seconds + list_seconds) / at::get_num_threads();
}

}  // namespace massface
