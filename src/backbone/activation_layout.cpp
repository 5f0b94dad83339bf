#include "backbone/activation_layout.h"

#include <algorithm>
#include <utility>

namespace massface {
namespace {

// Returns the layout in which layers below `segmented` are cut into segments that use at most `area` numbers of the
// shared area, and the others are kept.
ActivationLayout layout_of(const std::vector<int64_t>& sizes, const std::vector<double>& work, int64_t segmented,
                           int64_t area) {
  ActivationLayout layout;
  layout.place.resize(sizes.size());
  int64_t next = area;  // the area comes first
  const auto keep = [&](int64_t layer) { layout.place[layer] = std::exchange(next, next + sizes[layer]); };
  double last_work = 0;
  for (int64_t begin = 0, end = 0; begin < segmented; begin = end) {
    int64_t used = 0;
    last_work = 0;
    for (end = begin + 1; end < segmented && used + sizes[end - 1] <= area; ++end) {
      layout.place[end - 1] = std::exchange(used, used + sizes[end - 1]);
      last_work += work[end - 1];
    }
    keep(end - 1);
    if (used == 0) continue;
    layout.segments.push_back({begin, end});
    layout.work_again += last_work;
  }
  if (!layout.segments.empty() && layout.segments.back().end == segmented) layout.work_again -= last_work;
  for (int64_t layer = segmented; layer < std::ssize(sizes); ++layer) keep(layer);
  layout.numbers = next;
  return layout;
}

// Returns the useful sizes of the shared area: the total sizes of runs of neighbouring layers.
std::vector<int64_t> areas_of(const std::vector<int64_t>& sizes) {
  std::vector<int64_t> areas;
  for (size_t begin = 0; begin < sizes.size(); ++begin) {
    int64_t area = 0;
    for (size_t end = begin; end < sizes.size(); ++end) areas.push_back(area += sizes[end]);
  }
  std::ranges::sort(areas);
  const auto repeated = std::ranges::unique(areas);
  areas.erase(repeated.begin(), repeated.end());
  return areas;
}

}  // namespace

int64_t ActivationLayout::segment_of(int64_t layer) const {
  const auto found =
      std::ranges::find_if(segments, [&](const Segment& s) { return s.begin <= layer && layer < s.end; });
  return found == segments.end() ? -1 : found - segments.begin();
}

std::optional<ActivationLayout> lay_out_activations(const std::vector<int64_t>& sizes, const std::vector<double>& work,
                                                    int64_t budget) {
  ActivationLayout all = layout_of(sizes, work, 0, 0);
  if (all.numbers <= budget) return all;
  std::optional<ActivationLayout> best;
  for (const int64_t area : areas_of(sizes)) {
    for (int64_t segmented = 2; segmented <= std::ssize(sizes); ++segmented) {
      ActivationLayout layout = layout_of(sizes, work, segmented, area);
      if (layout.numbers > budget || (best && best->work_again <= layout.work_again)) continue;
      best = std::move(layout);
    }
  }
  return best;
}

int64_t least_activation_budget(const std::vector<int64_t>& sizes) {
  const std::vector<double> no_work(sizes.size(), 0.0);
  int64_t least = layout_of(sizes, no_work, 0, 0).numbers;
  for (const int64_t area : areas_of(sizes)) {
    least = std::min(least, layout_of(sizes, no_work, std::ssize(sizes), area).numbers);
  }
  return least;
}

}  // namespace massface
