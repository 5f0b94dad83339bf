#include "mining/mine_triplets.h"

#include <torch/torch.h>

#include <algorithm>
#include <atomic>
#include <numeric>

#include "core/error.h"
#include "core/stop_signal.h"
#include "distributed/agreement.h"
#include "kernels/share_rows.h"
#include "mining/row_choices.h"
#include "mining/row_walk.h"

namespace massface {
namespace {

using RowUse = std::function<void(const WalkedRow&)>;

// The most memory for a tile of rows on each thread, unless the fewest rows that fill the vectors take more.
constexpr int64_t kTileBytes = 64 << 20;

int64_t rows_per_tile(const Pool& pool) {
  constexpr int64_t kFewest = 48, kMost = 192;
  const int64_t fitting = kTileBytes / (pool.distances().stride() * static_cast<int64_t>(sizeof(float)));
  // Small pools are cut so that every thread has several tiles.
  const int64_t wanted = std::min(fitting, pool.size() / 16);
  return std::clamp(wanted / kFewest * kFewest, kFewest, kMost);
}

// Calls use() once for each of the rows, from several threads. Throws Interrupted.
void for_each_row(const Pool& pool, Share anchors, const RowUse& use) {
  if (anchors.size() == 0) return;
  const int64_t tile = rows_per_tile(pool);
  const int64_t stride = pool.distances().stride();
  const auto make_tile = [&] { return AlignedFloats(tile * stride); };
  share_rows(anchors.size(), tile, make_tile, [&](AlignedFloats& rows, int64_t first, int64_t last) {
    const int64_t begin = anchors.begin + first, end = anchors.begin + last;
    if (stop_was_asked_for()) throw Interrupted();
    pool.distances().compute_rows(begin, end, rows.data());
    for (int64_t anchor = begin; anchor < end; ++anchor) {
      const PoolRow row = pool.row(anchor, rows.data() + (anchor - begin) * stride);
      use({anchor, row});
    }
  });
}

using RowLists = std::vector<std::vector<Triplet>>;  // one per anchor; those of other processes' anchors are empty

// Fills the counts of the given anchors. The lists are complete only if all triplets fit into the limit.
RowLists list_up_to(const RowWalk& walk, Share anchors, Strategy strategy, const SelectionRule& rule,
                    int64_t max_triplets, std::span<int64_t> counts) {
  RowLists lists(static_cast<size_t>(walk.size));
  std::atomic<int64_t> so_far{0};
  walk.for_each_row(anchors, [&](const WalkedRow& row) {
    const auto anchor = static_cast<size_t>(row.anchor);
    // Triplets above the limit are only counted, since a sample would be listed anew.
    RowChoices choices(row, rule.margin, std::max<int64_t>(max_triplets - so_far, 0));
    choose(row, strategy, rule, choices);
    counts[anchor] = choices.count();
    so_far += choices.count();
    lists[anchor] = choices.take_list();
  });
  return lists;
}

// counts: of all anchors.
RowLists list_sample(const RowWalk& walk, Share anchors, Strategy strategy, const SelectionRule& rule,
                     int64_t max_triplets, std::span<const int64_t> counts) {
  std::vector<int64_t> first(counts.size() + 1, 0);  // the number of an anchor's first triplet among all triplets
  std::partial_sum(counts.begin(), counts.end(), first.begin() + 1);
  const std::vector<int64_t> kept = sample_without_replacement(
      first.back(), max_triplets, Random(rule.seed, RandomStream::kTripletSample, rule.step));
  RowLists lists(counts.size());
  walk.for_each_row(anchors, [&](const WalkedRow& row) {
    const auto anchor = static_cast<size_t>(row.anchor);
    const auto begin = std::ranges::lower_bound(kept, first[anchor]);
    const auto end = std::lower_bound(begin, kept.end(), first[anchor + 1]);
    if (begin == end) return;
    RowChoices choices(row, rule.margin, std::span(begin, end), first[anchor]);
    choose(row, strategy, rule, choices);
    lists[anchor] = choices.take_list();
  });
  return lists;
}

MinedTriplets join(const RowLists& lists) {
  int64_t size = 0;
  for (const auto& list : lists) size += static_cast<int64_t>(list.size());
  const auto indices = [size] { return at::empty({size}, at::kLong); };
  const auto distances = [size] { return at::empty({size}, at::kFloat); };
  MinedTriplets mined{{indices(), indices(), indices()}, distances(), distances()};
  auto *anchors = mined.triplets.anchors.mutable_data_ptr<int64_t>(),
       *positives = mined.triplets.positives.mutable_data_ptr<int64_t>(),
       *negatives = mined.triplets.negatives.mutable_data_ptr<int64_t>();
  auto *to_positive = mined.to_positive.mutable_data_ptr<float>(),
       *to_negative = mined.to_negative.mutable_data_ptr<float>();
  for (const auto& list : lists) {
    for (const Triplet& triplet : list) {
      *anchors++ = triplet.anchor;
      *positives++ = triplet.positive;
      *negatives++ = triplet.negative;
      *to_positive++ = triplet.to_positive;
      *to_negative++ = triplet.to_negative;
    }
  }
  return mined;
}

// Adds the triplets of the other processes, whose anchors come before and after.
void gather_all(Processes& processes, MinedTriplets& mined) {
  const Tensor distances = gather_uneven(processes, at::stack({mined.to_positive, mined.to_negative}, 1));
  mined.triplets = from_table(gather_uneven(processes, to_table(mined.triplets)));
  mined.to_positive = distances.select(1, 0).contiguous();
  mined.to_negative = distances.select(1, 1).contiguous();
}

}  // namespace

std::vector<int64_t> sample_without_replacement(int64_t total, int64_t count, Random random) {
  check(count >= 0 && count <= total, "a sample is no larger than the whole");
  const bool complement = count > total / 2;
  const auto wanted = static_cast<size_t>(complement ? total - count : count);
  std::vector<int64_t> drawn;
  // A number is as likely to be drawn twice as any other, so every set of distinct ones is equally likely.
  while (drawn.size() < wanted) {
    while (drawn.size() < wanted) drawn.push_back(static_cast<int64_t>(random.below(static_cast<uint64_t>(total))));
    std::ranges::sort(drawn);
    drawn.erase(std::unique(drawn.begin(), drawn.end()), drawn.end());
  }
  if (!complement) return drawn;
  std::vector<int64_t> others;
  others.reserve(static_cast<size_t>(count));
  auto next = drawn.begin();
  for (int64_t i = 0; i < total; ++i) {
    if (next != drawn.end() && *next == i)
      ++next;
    else
      others.push_back(i);
  }
  return others;
}

SelectionRule WalkedRow::rule_of(const SelectionRule& rule) const {
  SelectionRule changed = rule;
  if (positions != nullptr) {
    changed.seed = Random(rule.seed, RandomStream::kTripletChoice, rule.step, static_cast<uint32_t>(anchor)).next_u64();
  }
  return changed;
}

MinedTriplets mine_triplets(const Pool& pool, Strategy strategy, const SelectionRule& rule, int64_t max_triplets) {
  return mine_triplets(pool, strategy, rule, max_triplets, *single_process());
}

MinedTriplets mine_triplets(const Pool& pool, Strategy strategy, const SelectionRule& rule, int64_t max_triplets,
                            Processes& processes) {
  return mine_rows({pool.size(), [&](Share anchors, const RowUse& use) { for_each_row(pool, anchors, use); }}, strategy,
                   rule, max_triplets, processes);
}

MinedTriplets mine_rows(const RowWalk& walk, Strategy strategy, const SelectionRule& rule, int64_t max_triplets,
                        Processes& processes) {
  const Share anchors = share_of(walk.size, processes);
  const Tensor all_counts = at::zeros({walk.size}, at::kLong);
  const std::span counts(all_counts.mutable_data_ptr<int64_t>(), static_cast<size_t>(walk.size));
  RowLists lists = together(processes, [&] { return list_up_to(walk, anchors, strategy, rule, max_triplets, counts); });
  processes.sum(all_counts);
  const int64_t total = std::accumulate(counts.begin(), counts.end(), int64_t{0});
  if (total > max_triplets) {
    lists.clear();
    lists = together(processes, [&] { return list_sample(walk, anchors, strategy, rule, max_triplets, counts); });
  }
  MinedTriplets mined = join(lists);
  if (processes.size() > 1) gather_all(processes, mined);
  mined.selected = total;
  return mined;
}

}  // namespace massface
